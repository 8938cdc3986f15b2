package io.netpol.bench;

import java.time.Duration;

/** A thousand events a second for a minute: latency, growth, and the memory after it. */
final class ChurnRows {

  private static final int EVENTS_A_SECOND = 1_000;
  private static final long GROWTH_KILOBYTES = 8_192;

  private final Plan plan;

  ChurnRows(Plan plan) {
    this.plan = plan;
  }

  void run(Rig rig, EventLatencies events, Results results) throws Exception {
    new Churn(rig, events).run(EVENTS_A_SECOND, Duration.ofSeconds(plan.runs(15, 5)));
    long heapBefore = rig.agent.liveHeapKilobytes();
    AgentUnderTest.State before = rig.agent.quietState();
    Churn churn = new Churn(rig, events);
    int seconds = plan.runs(60, 15);
    churn.run(EVENTS_A_SECOND, Duration.ofSeconds(seconds));
    AgentUnderTest.State after = rig.agent.quietState();
    long heapAfter = rig.agent.liveHeapKilobytes();
    Result row =
        Result.of("churn", "pod joins, of 1,000 events a second", "ms", churn.latencies())
            .with("seconds", seconds)
            .with("eventsASecond", churn.eventsASecond().median())
            .with("cpuMillisPerEvent", cpu(before, after, seconds));
    results.add(row.reaching("p99 ≤ 300", row.p99() <= 300));
    results.add(
        Result.of("churn-cpu", "CPU per event, agent only", "ms", cpu(before, after, seconds)));
    double growth = (heapAfter - heapBefore) / 1024.0;
    results.add(
        Result.of("churn-heap", "growth of the live heap", "MB", growth)
            .with("threads", after.threads() - before.threads())
            .with("descriptors", after.descriptors() - before.descriptors())
            .reaching(
                "none, nor of threads or descriptors",
                heapAfter - heapBefore < GROWTH_KILOBYTES
                    && after.threads() <= before.threads() + 2
                    && after.descriptors() <= before.descriptors() + 4));
    double resident = after.residentKilobytes() / 1024.0;
    results.add(
        Result.of("memory", "resident memory, at the end", "MB", resident)
            .with("liveHeapMB", heapAfter / 1024.0)
            .reaching("≤ 256 MB", resident <= 256));
    results.add(
        Result.of(
            "memory-anonymous",
            "  not backed by files",
            "MB",
            after.anonymousKilobytes() / 1024.0));
  }

  private static double cpu(AgentUnderTest.State before, AgentUnderTest.State after, int seconds) {
    return (after.cpuMillis() - before.cpuMillis()) / (seconds * (double) EVENTS_A_SECOND);
  }
}
