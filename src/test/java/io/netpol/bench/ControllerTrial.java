package io.netpol.bench;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Starts one controller on a fresh node, and measures it. Packets are the only judge. */
final class ControllerTrial {

  /** The first of the ports that a policy gets, one for each run. */
  static final int FIRST_PORT = 10_000;

  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final Duration EVENT_LIMIT = Duration.ofSeconds(30);
  private static final Duration PART_LIMIT = Duration.ofSeconds(120);
  private static final long AT_ONCE_NANOS = MILLISECONDS.toNanos(300);
  private static final int REMOTE_EVENTS = 100;

  private final ComparisonPlan plan;
  private final ComparisonTable.Column column;
  private final MeasuredProcess process;
  private final NodeNetwork node;
  private final Random random = new Random(1);
  private int joiners;
  private int lost;

  private ControllerTrial(
      ComparisonPlan plan,
      ComparisonTable.Column column,
      MeasuredProcess process,
      NodeNetwork node) {
    this.plan = plan;
    this.column = column;
    this.process = process;
    this.node = node;
  }

  /** Measures a controller; what it cannot do is noted in its column. */
  static void run(
      ComparisonPlan plan, Controller controller, ComparisonTable.Column column, Path log)
      throws Exception {
    try (NodeNetwork node = new NodeNetwork(plan.ports());
        NodeNetwork empty = new NodeNetwork(plan.ports())) {
      List<String> command = new ArrayList<>(node.inside());
      command.addAll(controller.command());
      try (MeasuredProcess process = new MeasuredProcess(command, controller.environment(), log)) {
        ControllerTrial trial = new ControllerTrial(plan, column, process, node);
        try {
          trial.measure(empty);
        } catch (TimeoutException | IOException e) {
          column.fail(e.getMessage() + "; its last line: " + process.lastLine());
        }
      }
    }
  }

  private void measure(NodeNetwork empty) throws Exception {
    try (Progress progress = new Progress("it starts")) {
      measure(empty, progress);
    }
  }

  private void measure(NodeNetwork empty, Progress progress) throws Exception {
    start();
    progress.doing("it is idle");
    MILLISECONDS.sleep(plan.runs(10_000, 3_000));
    double before = process.cpuMillis();
    int idle = plan.runs(10_000, 3_000);
    MILLISECONDS.sleep(idle);
    column.add(Figure.IDLE_CPU, 100 * (process.cpuMillis() - before) / idle);
    column.add(Figure.RESIDENT, process.residentMegabytes());
    column.add(Figure.ANONYMOUS, process.anonymousMegabytes());
    progress.doing("pods join elsewhere, one after the other");
    joins();
    progress.doing("a policy gets ports");
    policies();
    progress.doing("100 pods join elsewhere");
    remoteEvents();
    progress.doing("100 API writes a second");
    writes();
    column.add(Figure.LOST, lost);
    column.add(Figure.RESIDENT_END, process.residentMegabytes());
    column.add(Figure.ANONYMOUS_END, process.anonymousMegabytes());
    progress.doing("new connections");
    connections(empty);
    progress.doing("all verdicts are checked");
    column.add(Figure.WRONG, wrong());
  }

  private void start() throws Exception {
    long serverBytes = node.bytesFromServer();
    double serverCpu = plan.server().cpuMillis();
    List<CompletableFuture<Long>> denied = denied(START_LIMIT);
    long isolated = last(denied, "local pods are isolated");
    column.add(Figure.ISOLATED, (isolated - process.startNanos()) / 1e9);
    long asked = System.nanoTime();
    List<CompletableFuture<Long>> allowed = allowed(START_LIMIT);
    long worked = last(allowed, "allowed connections work");
    // Silence takes a while to be sure of; what then works at once was not broken since.
    long enforced = worked - asked < AT_ONCE_NANOS ? isolated : worked;
    column.add(Figure.ENFORCED, (enforced - process.startNanos()) / 1e9);
    column.add(Figure.START_CPU, process.cpuMillis() / 1e3);
    column.add(Figure.START_SERVER_CPU, (plan.server().cpuMillis() - serverCpu) / 1e3);
    column.add(Figure.START_BYTES, (node.bytesFromServer() - serverBytes) / 1e6);
  }

  /** Asks for what must be denied: strangers to and from local pods. */
  private List<CompletableFuture<Long>> denied(Duration limit) {
    List<CompletableFuture<Long>> denied = new ArrayList<>();
    for (Pod pod : plan.targets().ingress()) {
      denied.add(
          node.fromElsewhere()
              .whenDenied(
                  NodeNetwork.STRANGER, ProbeTargets.address(pod), NodeNetwork.DENIED_PORT, limit));
    }
    for (Pod pod : plan.targets().egress()) {
      denied.add(
          node.fromLocal()
              .whenDenied(
                  ProbeTargets.address(pod), NodeNetwork.STRANGER, NodeNetwork.DENIED_PORT, limit));
    }
    return denied;
  }

  private List<CompletableFuture<Long>> allowed(Duration limit) {
    return plan.targets().allowed().stream()
        .map(
            each ->
                node.fromElsewhere()
                    .whenAllowed(
                        ProbeTargets.address(each.from()),
                        ProbeTargets.address(each.to()),
                        each.port(),
                        limit))
        .toList();
  }

  /** Waits for all, and returns the latest time; says how many there are where not all come. */
  private long last(List<CompletableFuture<Long>> all, String what) throws Exception {
    long latest = 0;
    int there = 0;
    boolean alive = true;
    long end = System.nanoTime() + START_LIMIT.toNanos();
    for (CompletableFuture<Long> each : all) {
      while (alive && !each.isDone() && System.nanoTime() < end) {
        alive = process.isAlive();
        MILLISECONDS.sleep(20);
      }
      if (each.isDone() && !each.isCompletedExceptionally()) {
        there++;
        latest = Math.max(latest, each.get());
      }
    }
    if (there < all.size()) {
      throw new IOException(
          "%d of %d %s%s"
              .formatted(
                  there,
                  all.size(),
                  what,
                  alive ? " within 3 minutes" : " when the program ended"));
    }
    return latest;
  }

  /** Returns how many connections are not as they must be. */
  private int wrong() throws Exception {
    Duration limit = Duration.ofSeconds(5);
    List<CompletableFuture<Long>> all = new ArrayList<>(denied(limit));
    all.addAll(allowed(limit));
    int wrong = 0;
    for (CompletableFuture<Long> each : all) {
      try {
        each.get(limit.toSeconds() + 30, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        System.err.println("bench: " + e.getCause().getMessage());
        wrong++;
      }
    }
    return wrong;
  }

  private void joins() throws Exception {
    Samples packet = new Samples();
    Samples watch = new Samples();
    long end = System.nanoTime() + PART_LIMIT.toNanos();
    try (BareWatch bare = new BareWatch(plan.client())) {
      for (int i = 0; i < plan.runs(200, 40) && System.nanoTime() < end; i++) {
        Pod pod = joiner();
        plan.client().create(LoadWriter.scheduled(pod));
        idle();
        CompletableFuture<Long> allowed = whenJoined(pod);
        long sent = System.nanoTime();
        plan.client().replaceStatus(pod);
        packet.add(millis(sent, allowed));
        addArrival(watch, sent, bare.arrival(pod.getMetadata().getName()));
        plan.client().delete(pod);
      }
    }
    column.add(Figure.JOINS, packet.size());
    column.add(Figure.JOIN_P50, packet.median());
    column.add(Figure.JOIN_P99, packet.quantile(0.99));
    column.add(Figure.JOIN_WATCH_P50, watch.median());
    column.add(Figure.JOIN_WATCH_P99, watch.quantile(0.99));
  }

  /**
   * Waits until it has done what was written before, half a minute at most, and for a random time:
   * a single event is measured alone, and not always at the same distance from the one before.
   */
  private void idle() throws Exception {
    MILLISECONDS.sleep(40 + random.nextInt(40));
    for (int i = 0; i < 300 && process.isBusy(); i++) {
      MILLISECONDS.sleep(1);
    }
  }

  private Pod joiner() {
    return ProbeTargets.joiner(plan.joined(), joiners++);
  }

  private CompletableFuture<Long> whenJoined(Pod pod) {
    return node.fromElsewhere()
        .whenAllowed(
            ProbeTargets.address(pod),
            ProbeTargets.address(plan.joined().to()),
            plan.joined().port(),
            EVENT_LIMIT);
  }

  /** Returns the milliseconds to an answer; the limit where it never came. */
  private double millis(long sent, CompletableFuture<Long> answer) throws Exception {
    try {
      return (answer.get(2 * EVENT_LIMIT.toSeconds(), TimeUnit.SECONDS) - sent) / 1e6;
    } catch (ExecutionException e) {
      lost++;
      return EVENT_LIMIT.toMillis();
    }
  }

  private static void addArrival(Samples samples, long sent, OptionalLong arrival) {
    if (arrival.isPresent()) {
      samples.add((arrival.getAsLong() - sent) / 1e6);
    }
  }

  private void policies() throws Exception {
    Samples packet = new Samples();
    ProbeTargets.Allowed pair = plan.joined();
    long end = System.nanoTime() + PART_LIMIT.toNanos();
    for (int i = 0; i < plan.policyRuns() && System.nanoTime() < end; i++) {
      idle();
      CompletableFuture<Long> allowed =
          node.fromElsewhere()
              .whenAllowed(
                  ProbeTargets.address(pair.from()),
                  ProbeTargets.address(pair.to()),
                  FIRST_PORT + i,
                  EVENT_LIMIT);
      MILLISECONDS.sleep(60);
      if (allowed.isDone()) {
        throw new IOException("port %d is open beforehand".formatted(FIRST_PORT + i));
      }
      long sent = System.nanoTime();
      plan.client().replace(withPort(pair.policy(), FIRST_PORT + i));
      packet.add(millis(sent, allowed));
    }
    plan.client().replace(pair.policy());
    column.add(Figure.POLICY_P50, packet.median());
  }

  /** Returns the policy with one more port in its first rule. */
  private static NetworkPolicy withPort(NetworkPolicy policy, int port) {
    return new NetworkPolicyBuilder(policy)
        .editSpec()
        .editFirstIngress()
        .addToPorts(new NetworkPolicyPort(null, new IntOrString(port), "TCP"))
        .endIngress()
        .endSpec()
        .build();
  }

  /** A hundred pods elsewhere get their addresses, ten a second. */
  private void remoteEvents() throws Exception {
    Map<Pod, CompletableFuture<Long>> pods = new LinkedHashMap<>();
    for (int i = 0; i < REMOTE_EVENTS; i++) {
      Pod pod = joiner();
      plan.client().create(LoadWriter.scheduled(pod));
      pods.put(pod, null);
    }
    quiet();
    double cpu = process.cpuMillis();
    long bytes = node.bytesFromServer();
    for (Map.Entry<Pod, CompletableFuture<Long>> each : pods.entrySet()) {
      plan.client().replaceStatus(each.getKey());
      MILLISECONDS.sleep(100);
    }
    for (Pod pod : pods.keySet()) {
      millis(System.nanoTime(), whenJoined(pod));
    }
    quiet();
    column.add(Figure.EVENTS_CPU, process.cpuMillis() - cpu);
    column.add(Figure.EVENTS_SERVER_BYTES, (node.bytesFromServer() - bytes) / 1e3);
    for (Pod pod : pods.keySet()) {
      plan.client().delete(pod);
    }
    quiet();
  }

  /**
   * Waits until it has used less than a tenth of a core for a second, for half a minute at most.
   */
  private void quiet() throws Exception {
    double before = process.cpuMillis();
    for (int i = 0; i < 30; i++) {
      MILLISECONDS.sleep(1_000);
      double now = process.cpuMillis();
      if (now - before < 100) {
        return;
      }
      before = now;
    }
  }

  private void writes() throws Exception {
    try (BareWatch bare = new BareWatch(plan.client());
        WriteLoad load = new WriteLoad(plan, joiners)) {
      double cpu = process.cpuMillis();
      long start = System.nanoTime();
      List<WriteLoad.Joined> joined = load.run(this::whenJoined);
      double seconds = (System.nanoTime() - start) / 1e9;
      column.add(Figure.WRITES, load.written() / seconds);
      column.add(Figure.CHURN_CPU, (process.cpuMillis() - cpu) / 10 / seconds);
      Samples packet = new Samples();
      Samples watch = new Samples();
      for (WriteLoad.Joined each : joined) {
        packet.add(millis(each.sent(), each.allowed()));
        addArrival(watch, each.sent(), bare.arrival(each.pod().getMetadata().getName()));
      }
      joiners += joined.size();
      column.add(Figure.CHURN_P50, packet.median());
      column.add(Figure.CHURN_P99, packet.quantile(0.99));
      column.add(Figure.CHURN_WATCH_P50, watch.median());
      column.add(Figure.CHURN_WATCH_P99, watch.quantile(0.99));
    }
    quiet();
  }

  private void connections(NodeNetwork empty) throws Exception {
    Duration slice = Duration.ofMillis(plan.runs(1_000, 500));
    Samples with = new Samples();
    Samples without = new Samples();
    for (int i = 0; i <= plan.runs(10, 4); i++) {
      double first = connectionsASecond(i % 2 == 0 ? empty : node, slice);
      double second = connectionsASecond(i % 2 == 0 ? node : empty, slice);
      if (i > 0) {
        (i % 2 == 0 ? without : with).add(first);
        (i % 2 == 0 ? with : without).add(second);
      }
    }
    column.add(Figure.CONNECTIONS, with.median());
    column.add(Figure.CONNECTIONS_EMPTY, without.median());
  }

  private double connectionsASecond(NodeNetwork through, Duration slice) throws Exception {
    ProbeTargets.Allowed pair = plan.joined();
    return through.connectionsASecond(
        ProbeTargets.address(pair.from()), ProbeTargets.address(pair.to()), pair.port(), slice);
  }
}
