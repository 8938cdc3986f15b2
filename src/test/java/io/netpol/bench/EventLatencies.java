package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.netpol.dataplane.iptables.IptablesTools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * From an event that the API server sends to what it asks for in the kernel. After each event the
 * bare tools take the same payload.
 */
final class EventLatencies {

  /** What one kind of event took, and what the bare tools took for the same. */
  record Measured(Samples agent, Samples bare, Samples linesWritten, Samples linesOfThePod) {
    static Measured none() {
      return new Measured(new Samples(), new Samples(), new Samples(), new Samples());
    }
  }

  private static final long LIMIT_NANOS = Duration.ofSeconds(30).toNanos();
  private static final int MEMBERS_ASKED = 100;
  private static final Pattern MEMBER = Pattern.compile("(add|del) \\S+ \\S+");
  private static final int LOG_MILLIS = 1_000;
  private static final Pattern LINES = Pattern.compile("(\\d+) lines");

  private final Rig rig;
  private final Tools tools;
  private final Random random;
  private final Map<String, String> joinerLabels = new LinkedHashMap<>();
  private String joinerNamespace;
  private int count;
  private int nextPort = 10_000;

  EventLatencies(Rig rig, BareTool shell) {
    this.rig = rig;
    this.tools = new Tools(shell, rig.sandbox.inside());
    this.random = new Random(rig.load.load().seed());
  }

  /** Finds labels and a namespace with which a pod is in just so many sets of this node. */
  private void findJoiner(int wantedSets) {
    for (int tries = 0; tries < 20_000; tries++) {
      int namespace = random.nextInt(Math.min(rig.load.load().namespaces(), 110));
      Map<String, String> labels =
          Map.of(
              "app",
              "app-" + random.nextInt(PodTemplate.APPS),
              "tier",
              PodTemplate.TIERS.get(random.nextInt(PodTemplate.TIERS.size())));
      String name = PodTemplate.namespaceName(namespace);
      Pod pod = PodTemplate.running(name, "probe-0", "node-1", labels, "10.200.0.1");
      if (rig.expected.sets(pod) == wantedSets) {
        joinerNamespace = name;
        joinerLabels.putAll(labels);
        return;
      }
    }
    throw new IllegalStateException("no pod of this load would be in " + wantedSets + " sets");
  }

  /** A pod of another node that is in three sets of this one. */
  Pod joiner(int index) {
    if (joinerNamespace == null) {
      findJoiner(3);
    }
    return PodTemplate.running(
        joinerNamespace,
        "joiner-" + index,
        "node-1",
        joinerLabels,
        "10.200.%d.%d".formatted(index >> 8 & 255, index & 255));
  }

  /** A pod elsewhere gets its address and is in three sets. */
  Measured podElsewhere(int runs) throws Exception {
    Measured measured = Measured.none();
    for (int i = 0; i < runs; i++) {
      Pod pod = joiner(count++);
      startOf(pod);
      List<Expected.Payload> payloads = rig.expected.putAndDeliver(pod);
      List<String> lines = payloads.stream().flatMap(p -> p.lines().stream()).toList();
      pause();
      int log = rig.agent.logSize();
      long sent = rig.server.modified(pod).get();
      long there = rig.sets().await(lines, LIMIT_NANOS);
      note(measured, sent, there, payloads, log);
      end(pod);
    }
    return measured;
  }

  /** A pod starts on this node: in sets, and with chains and their dispatch. */
  Measured podHere(int runs) throws Exception {
    Measured measured = Measured.none();
    for (int i = 0; i < runs; i++) {
      Pod twin = rig.load.pods().get(random.nextInt(rig.load.load().localPods()));
      count++;
      Pod pod =
          PodTemplate.running(
              twin.getMetadata().getNamespace(),
              "starter-" + count,
              Load.NODE,
              twin.getMetadata().getLabels(),
              "10.244.%d.%d".formatted(4 + (count >> 8 & 127), count & 255));
      startOf(pod);
      List<Expected.Payload> payloads = rig.expected.putAndDeliver(pod);
      pause();
      int log = rig.agent.logSize();
      CompletableFuture<Long> committed = rig.chains().committed(rule(payloads));
      long sent = rig.server.modified(pod).get();
      long there = ChainWatch.await(committed, LIMIT_NANOS);
      note(measured, sent, Math.max(there, members(payloads)), payloads, log);
      end(pod);
    }
    return measured;
  }

  /** A policy that selects one local pod gets another port. */
  Measured policy(int runs) throws Exception {
    return policy(runs, rig.load.policies().subList(0, rig.load.load().localPolicies()));
  }

  /** The same for one of these policies in turn, drawn by lot. */
  Measured policy(int runs, List<NetworkPolicy> policies) throws Exception {
    Measured measured = Measured.none();
    for (int i = 0; i < runs; i++) {
      int port = nextPort();
      change(withPort(policies.get(random.nextInt(policies.size())), port), port, measured);
    }
    return measured;
  }

  /** A port that no rule has. */
  int nextPort() {
    return nextPort++;
  }

  /** A policy changes, or is new; it has this port, in rules that only now are written. */
  void change(NetworkPolicy changed, int port, Measured measured) throws Exception {
    List<Expected.Payload> payloads = rig.expected.putAndDeliver(List.of(changed));
    pause();
    int log = rig.agent.logSize();
    CompletableFuture<Long> committed = rig.chains().committed(port(port));
    long sent = rig.server.modified(changed).get();
    note(measured, sent, await(committed, payloads), payloads, log);
  }

  /** When the chains are committed, and what is last written to sets is there. */
  long await(CompletableFuture<Long> committed, List<Expected.Payload> payloads) throws Exception {
    return Math.max(ChainWatch.await(committed, LIMIT_NANOS), members(payloads));
  }

  /** A rule for the port, alone or with others. */
  private static Pattern port(int number) {
    return Pattern.compile("dport (?:\\{ (?:.*, )?)?" + number + "\\b");
  }

  /** The policy with another first port. */
  static NetworkPolicy withPort(NetworkPolicy policy, int port) {
    NetworkPolicyPort changed = new NetworkPolicyPort(null, new IntOrString(port), "TCP");
    NetworkPolicyBuilder builder = new NetworkPolicyBuilder(policy);
    if (policy.getSpec().getIngress().isEmpty()) {
      builder.editSpec().editFirstEgress().setToPorts(0, changed).endEgress().endSpec();
    } else {
      builder.editSpec().editFirstIngress().setToPorts(0, changed).endIngress().endSpec();
    }
    return builder.build();
  }

  /** The pod before it has an address, which asks for nothing. */
  private void startOf(Pod pod) throws Exception {
    Pod before =
        PodTemplate.scheduled(
            pod.getMetadata().getNamespace(),
            pod.getMetadata().getName(),
            pod.getSpec().getNodeName(),
            pod.getMetadata().getLabels());
    rig.expected.putAndDeliver(before);
    rig.server.added(before).get();
  }

  /** A pod or a policy is deleted. */
  void end(HasMetadata object) throws Exception {
    List<Expected.Payload> payloads = rig.expected.removeAndDeliver(object);
    rig.server.deleted(object).get();
    members(payloads);
  }

  /** When the last members are there: to ask for tens of thousands takes seconds. */
  private long members(List<Expected.Payload> payloads) throws Exception {
    List<String> lines = new ArrayList<>();
    for (Expected.Payload payload : payloads) {
      if (payload.tool() == IptablesTools.IPSET) {
        List<String> all =
            payload.lines().stream().filter(line -> MEMBER.matcher(line).matches()).toList();
        lines.addAll(all.subList(Math.max(0, all.size() - MEMBERS_ASKED), all.size()));
      }
    }
    return rig.sets().await(lines, LIMIT_NANOS);
  }

  /** A rule of a pod's chain in the payload, up to the chain's name. */
  private static Pattern rule(List<Expected.Payload> payloads) {
    return payloads.stream()
        .filter(payload -> payload.tool() != IptablesTools.IPSET)
        .flatMap(payload -> payload.lines().stream())
        .filter(line -> line.startsWith("-A NWPLCY-IN-") || line.startsWith("-A NWPLCY-OUT-"))
        .map(line -> Pattern.compile(line.substring(2, line.indexOf(' ', 3) + 1), Pattern.LITERAL))
        .findFirst()
        .orElseThrow();
  }

  /** Long enough that the last event is done with, and at no fixed distance from it. */
  private void pause() throws InterruptedException {
    Thread.sleep(40 + random.nextInt(40));
  }

  /** Takes down how long it took, how many lines were written, and what the bare tools take. */
  void note(Measured measured, long sent, long there, List<Expected.Payload> payloads, int log)
      throws Exception {
    measured.agent().add((there - sent) / 1e6);
    measured.linesOfThePod().add(lines(payloads));
    for (int i = 0; i < LOG_MILLIS && written(rig.agent, log) == 0; i++) {
      Thread.sleep(1);
    }
    Thread.sleep(15);
    measured.linesWritten().add(written(rig.agent, log));
    measured.bare().add(tools.run(payloads));
  }

  /** How many lines these are in all. */
  static int lines(List<Expected.Payload> payloads) {
    return payloads.stream().mapToInt(payload -> payload.lines().size()).sum();
  }

  /** How many lines the agent says it has written since this line of its log. */
  static int written(AgentUnderTest agent, int log) {
    int lines = 0;
    for (AgentUnderTest.Line line : agent.log(log)) {
      if (line.text().contains("applied in")) {
        Matcher matcher = LINES.matcher(line.text());
        while (matcher.find()) {
          lines += Integer.parseInt(matcher.group(1));
        }
      }
    }
    return lines;
  }
}
