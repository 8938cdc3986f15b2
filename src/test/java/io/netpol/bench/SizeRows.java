package io.netpol.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one event costs, and what is resident, at clusters of several sizes. */
final class SizeRows {

  /** The lines of the graph. */
  static final List<String> CURVES =
      List.of("event to kernel", "bare ipset restore", "CPU of the agent");

  private static final int SMALLEST = 100;
  private static final int EVENTS_A_RUN = 3;

  private final Plan plan;

  SizeRows(Plan plan) {
    this.plan = plan;
  }

  void run(Results results) throws Exception {
    int standard = plan.standard().pods();
    List<Integer> sizes =
        plan.brief()
            ? List.of(SMALLEST, 1_000, standard)
            : List.of(SMALLEST, 1_000, standard, 50_000, 100_000);
    List<Graph.Point> latency = new ArrayList<>();
    List<Graph.Point> cpu = new ArrayList<>();
    List<Graph.Point> bare = new ArrayList<>();
    Map<Integer, Double> resident = new TreeMap<>();
    Map<Integer, Double> anonymous = new TreeMap<>();
    for (int size : sizes) {
      try (Rig rig = plan.rig(plan.standard().withPods(size)).ready()) {
        EventLatencies events = new EventLatencies(rig, plan.shell());
        if (size > SMALLEST) {
          events.podElsewhere(plan.runs(40, 20));
          double before = rig.agent.state().cpuMillis();
          int runs = plan.runs(100, 30);
          EventLatencies.Measured measured = events.podElsewhere(runs);
          double millis = (rig.agent.state().cpuMillis() - before) / (runs * EVENTS_A_RUN);
          latency.add(point(size, measured.agent()));
          bare.add(point(size, measured.bare()));
          cpu.add(new Graph.Point(size, millis, millis, millis));
          results.add(
              Result.of(
                      "event-" + size,
                      "pod joins, of %,d pods".formatted(size),
                      "ms",
                      measured.agent())
                  .against(measured.bare())
                  .with("cpuMillisPerEvent", millis)
                  .with("startToFirstApplyMillis", rig.toFirstApply()));
        }
        new Churn(rig, events).run(1_000, Duration.ofSeconds(plan.runs(10, 4)));
        AgentUnderTest.State state = rig.agent.state();
        resident.put(size, state.residentKilobytes() / 1024.0);
        anonymous.put(size, state.anonymousKilobytes() / 1024.0);
      }
    }
    int last = sizes.get(sizes.size() - 1);
    double steepness = latency.get(latency.size() - 1).y() / latency.get(0).y();
    results.add(
        Result.of("flat", "last of these / first", "times", steepness)
            .reaching("≤ 2", steepness <= 2));
    double cpuSteepness = cpu.get(cpu.size() - 1).y() / cpu.get(0).y();
    results.add(Result.of("flat-cpu", "the same for CPU per event", "times", cpuSteepness));
    results.add(
        Result.of("memory-100", "resident memory, 100 pods", "MB", resident.get(SMALLEST))
            .reaching("≤ 200 MB", resident.get(SMALLEST) <= 200));
    results.add(
        Result.of("memory-100-anonymous", "  not backed by files", "MB", anonymous.get(SMALLEST)));
    CamelAlone.measure(plan.home(), results);
    if (!plan.brief()) {
      // Below the standard load it is other things that grow, with the sets that are in use.
      double each = (resident.get(last) - resident.get(standard)) / ((last - standard) / 1_000.0);
      results.add(
          Result.of("memory-pods", "resident memory, each 1,000 further pods", "MB", each)
              .with("residentMB", resident)
              .reaching("≤ 1 MB", each <= 1));
    }
    results.curve(CURVES.get(0), latency);
    results.curve(CURVES.get(1), bare);
    results.curve(CURVES.get(2), cpu);
  }

  private static Graph.Point point(double x, Samples samples) {
    return new Graph.Point(x, samples.median(), samples.quantile(0.25), samples.quantile(0.75));
  }
}
