package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Who reaches whom: as measured, and as the objects in the API server ask for.
 *
 * @param measured what every flow came out as
 * @param asked what every flow should come out as
 * @param took how long it was until both were the same, or until it was given up
 */
record Reachability(Map<Flow, Outcome> measured, Map<Flow, Outcome> asked, Duration took) {

  /** A change has to reach the kernel within this; usually it takes a few tens of milliseconds. */
  private static final Duration BOUND = Duration.ofSeconds(8);

  /** On a busy machine a look takes longer, and so does the agent: it has so many, however long. */
  private static final int LOOKS = 20;

  private static final long POLL_MILLIS = 50;

  /**
   * Measures again and again until the kernel does what is asked for, or has not for too long.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  static Reachability settled(LabNetwork lab, Prober prober, KubernetesClient client)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    List<Flow> flows = flows(lab);
    Map<Flow, Outcome> asked = AskedFor.of(client, lab, flows);
    for (int looks = 1; true; looks++) {
      Map<Flow, Outcome> measured = prober.measure(flows);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      if (measured.equals(asked) || looks >= LOOKS && took.compareTo(BOUND) > 0) {
        return new Reachability(measured, asked, took);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Returns what was measured, with marks where it is not what was asked for. */
  ReachabilityTable now(LabNetwork lab) {
    return ReachabilityTable.of(lab, measured, asked);
  }

  /** Returns the three tables beside each other. */
  String compare(LabNetwork lab, ReachabilityTable before) {
    Map<String, ReachabilityTable> tables = new LinkedHashMap<>();
    tables.put("before", before);
    tables.put("measured now", now(lab));
    tables.put("asked for", ReachabilityTable.of(lab, asked));
    return new SideBySide(tables).render();
  }

  /** Returns a line for each flow that is not as it should be. */
  List<String> wrong(LabNetwork lab) {
    List<String> lines = new ArrayList<>();
    measured.forEach(
        (flow, outcome) -> {
          if (outcome != asked.get(flow)) {
            lines.add(
                String.format(
                    Locale.ROOT,
                    "%s to %s (%s, %s %d) is %s, asked for is %s",
                    flow.from(),
                    lab.memberAt(flow.toAddress()).orElse("?"),
                    IpLiteral.isIpv6(flow.toAddress()) ? "IPv6" : "IPv4",
                    flow.protocol(),
                    flow.port(),
                    outcome.name().toLowerCase(java.util.Locale.ROOT),
                    asked.get(flow).name().toLowerCase(java.util.Locale.ROOT)));
          }
        });
    return lines;
  }

  private static List<Flow> flows(LabNetwork lab) {
    List<String> addresses =
        lab.members().stream().flatMap(member -> lab.addresses(member).stream()).toList();
    List<Flow> flows = new ArrayList<>();
    flows.addAll(
        Flow.all(
            lab.members(), addresses, List.of(Protocol.TCP), List.of(ExampleCluster.TCP_PORT)));
    flows.addAll(
        Flow.all(
            lab.members(), addresses, List.of(Protocol.UDP), List.of(ExampleCluster.UDP_PORT)));
    return flows;
  }
}
