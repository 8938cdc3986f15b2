package io.netpol.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** The rows of single events, at the standard load. */
final class EventRows {

  private static final int WARM_UP = 20;
  private static final int YOUNG_MILLIS = 60_000;

  private final Plan plan;

  EventRows(Plan plan) {
    this.plan = plan;
  }

  void run(Rig rig, EventLatencies latencies, Results results) throws Exception {
    latencies.podElsewhere(WARM_UP);
    latencies.podHere(WARM_UP);
    // In its first minute it looks more often for what an agent before it may still write, and
    // applies wait for that.
    TimeUnit.MILLISECONDS.sleep(plan.runs(YOUNG_MILLIS, 0));
    EventLatencies.Measured elsewhere = latencies.podElsewhere(plan.runs(200, 50));
    add(results, "pod-elsewhere", "pod on another node joins 3 sets", elsewhere);
    add(results, "policy", "policy of one local pod changes", latencies.policy(plan.runs(200, 50)));
    EventLatencies.Measured here = latencies.podHere(plan.runs(200, 50));
    add(results, "pod-here", "pod starts on this node", here);
    lines(results, "lines-elsewhere", "lines written: pod on another node", elsewhere);
    lines(results, "lines-here", "lines written: pod starts on this node", here);
    Samples plain = new Samples();
    Samples inside = new Samples();
    try (Sandbox empty = Sandbox.create()) {
      for (int i = 0; i < 50; i++) {
        plain.add(plan.shell().run(List.of("ipset", "restore"), ""));
        inside.add(plan.shell().run(Sandbox.words(empty.inside(), "ipset", "restore"), ""));
      }
    }
    results.add(
        Result.of(
                "nsenter", "baseline: entering a namespace", "ms", inside.median() - plain.median())
            .with("inside", inside.median())
            .with("outside", plain.median()));
  }

  private static void add(
      Results results, String id, String what, EventLatencies.Measured measured) {
    Result row =
        Result.of(id, what, "ms", measured.agent())
            .against(measured.bare())
            .with("linesWritten", measured.linesWritten().median());
    boolean reached =
        row.p50() <= 40 && row.p99() <= 120 && row.p50() <= 4 * row.bare() + Plan.WINDOW_MILLIS;
    results.add(row.reaching("≤ 40, p99 ≤ 120, ≤ 4× baseline + batch interval", reached));
  }

  private static void lines(
      Results results, String id, String what, EventLatencies.Measured measured) {
    results.add(
        Result.of(id, what, "lines", measured.linesWritten())
            .reaching(
                "only those of that pod",
                measured.linesWritten().median() <= measured.linesOfThePod().median()));
  }
}
