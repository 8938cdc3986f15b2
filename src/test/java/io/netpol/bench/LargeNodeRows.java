package io.netpol.bench;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What large nodes cost: many local pods, many policies on one of them, many blocks in one policy,
 * and many policies that change at once. Each row stands beside a smaller one, to show that the
 * time grows no faster than what is written.
 */
final class LargeNodeRows {

  private static final List<Integer> LOCAL_PODS = List.of(250, 500);
  private static final int POLICIES_ON_ONE_POD = 5_000;
  private static final int BLOCKS = 50_000;
  private static final int POLICIES_AT_ONCE = 1_000;

  /** How many times smaller the size is that the others are compared with. */
  private static final int SMALLER = 10;

  private static final int YOUNG_MILLIS = 60_000;

  private final Plan plan;
  private final Results results;
  private final GrowthRows growth;

  LargeNodeRows(Plan plan, Results results) {
    this.plan = plan;
    this.results = results;
    this.growth = new GrowthRows(results);
  }

  void run() throws Exception {
    localPods();
    policiesOnOnePod();
    blocks();
    policiesAtOnce();
  }

  /** A node as it starts, and after that one pod that starts and one policy that changes. */
  private record Node(Sized start, Sized pod, Sized policy) {}

  private void localPods() throws Exception {
    int standard = plan.standard().localPods();
    Node small = node(standard, GeneratedLoad.of(plan.standard()));
    growth.first("node-pods-" + standard, small.start());
    growth.first("node-pod-" + standard, small.pod());
    growth.first("node-policy-" + standard, small.policy());
    for (int pods : LOCAL_PODS) {
      Node large = node(pods, GeneratedLoad.of(plan.standard().withLocalPods(pods)));
      growth.next("node-pods-" + pods, large.start(), small.start());
      growth.next("node-pod-" + pods, large.pod(), small.pod());
      growth.next("node-policy-" + pods, large.policy(), small.policy());
    }
  }

  private Node node(int pods, GeneratedLoad load) throws Exception {
    String name = "%,d local pods".formatted(pods);
    Sized start = starts(name, load);
    try (Rig rig = settled(load)) {
      EventLatencies events = new EventLatencies(rig, plan.shell());
      events.podHere(plan.runs(20, 5));
      return new Node(
          start,
          Sized.of(name, "pod starts, of " + name, events.podHere(plan.runs(50, 10))),
          Sized.of(name, "policy changes, of " + name, events.policy(plan.runs(50, 10))));
    }
  }

  /** Waits for more than the first minute, in which applies wait for checks of the whole kernel. */
  private Rig settled(GeneratedLoad load) throws Exception {
    Rig rig = plan.rig(load).ready();
    TimeUnit.MILLISECONDS.sleep(plan.runs(YOUNG_MILLIS, 0));
    return rig;
  }

  /** From the start of the process, and from when all is listed, to the first sync. */
  private Sized starts(String name, GeneratedLoad load) throws Exception {
    Samples start = new Samples();
    Samples sync = new Samples();
    Samples bare = new Samples();
    Samples written = new Samples();
    int needed = 0;
    for (int i = 0; i < plan.runs(3, 1); i++) {
      try (Rig rig = plan.rig(load);
          Sandbox empty = Sandbox.create()) {
        rig.ready();
        start.add(rig.toFirstApply() / 1_000);
        sync.add(rig.firstApply());
        bare.add(new Tools(plan.shell(), empty.inside()).run(rig.expected.first()));
        written.add(EventLatencies.written(rig.agent, 0));
        needed = EventLatencies.lines(rig.expected.first());
      }
    }
    results.add(
        Result.of(
            "node-start-" + load.load().localPods(), "start to first sync, " + name, "s", start));
    return new Sized(name, "first sync, " + name, sync, bare, written, needed);
  }

  private void policiesOnOnePod() throws Exception {
    Sized small = policiesOnOnePod(POLICIES_ON_ONE_POD / SMALLER);
    growth.first("policies-on-pod-small", small);
    growth.next("policies-on-pod", policiesOnOnePod(POLICIES_ON_ONE_POD), small);
  }

  private Sized policiesOnOnePod(int number) throws Exception {
    Load all = plan.standard();
    // Of a node with one pod, all local policies select that pod, here the first one.
    int end = all.policies() + number;
    PolicyTemplate templates =
        new PolicyTemplate(new Load(all.seed(), all.namespaces(), all.pods(), 1, end, end));
    List<NetworkPolicy> further = new ArrayList<>();
    for (int i = all.policies(); i < end; i++) {
      further.add(templates.policy(i));
    }
    try (Rig rig = settled(GeneratedLoad.of(all).with(further))) {
      EventLatencies events = new EventLatencies(rig, plan.shell());
      events.policy(plan.runs(5, 2), further);
      return Sized.of(
          "%,d policies".formatted(number),
          "one of %,d on one pod changes".formatted(number),
          events.policy(plan.runs(20, 4), further));
    }
  }

  private void blocks() throws Exception {
    try (Rig rig = settled(GeneratedLoad.of(plan.standard()))) {
      BlockEvents events = new BlockEvents(rig, plan.shell());
      events.run(BLOCKS / SMALLER, plan.runs(3, 1));
      BlockEvents.Both small = events.run(BLOCKS / SMALLER, plan.runs(5, 2));
      BlockEvents.Both large = events.run(BLOCKS, plan.runs(5, 2));
      growth.first("blocks-small", small.created());
      growth.first("blocks-added-small", small.added());
      growth.next("blocks", large.created(), small.created());
      growth.next("blocks-added", large.added(), small.added());
    }
  }

  private void policiesAtOnce() throws Exception {
    try (Rig rig = settled(GeneratedLoad.of(plan.standard().withLocalPolicies(POLICIES_AT_ONCE)))) {
      PolicyBursts bursts = new PolicyBursts(rig, plan.shell());
      bursts.run(POLICIES_AT_ONCE / SMALLER, 2);
      Sized small = bursts.run(POLICIES_AT_ONCE / SMALLER, plan.runs(10, 3));
      growth.first("policies-at-once-small", small);
      growth.next("policies-at-once", bursts.run(POLICIES_AT_ONCE, plan.runs(5, 2)), small);
    }
  }
}
