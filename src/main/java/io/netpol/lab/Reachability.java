package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.evaluate.Evaluator;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.ClusterListing;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.Flow.Protocol;
import io.netpol.model.DefaultIsolation;
import io.netpol.net.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Compares which member reaches which: as measured, and as the objects in the API server demand.
 *
 * @param measured the outcome of every flow
 * @param expected the outcome that the evaluator computes for every flow, without any kernel rule
 * @param took the time until both were the same, or until the deadline
 */
record Reachability(Map<Flow, Outcome> measured, Map<Flow, Outcome> expected, Duration took) {

  /** A change has to reach the kernel within this; usually it takes a few tens of milliseconds. */
  private static final Duration BOUND = Duration.ofSeconds(8);

  /** On a busy machine a measurement takes longer, and so does the agent: it has so many tries. */
  private static final int MEASUREMENTS = 20;

  private static final long POLL_MILLIS = 50;

  /**
   * Measures again and again until the kernel enforces what is expected, or the deadline is over.
   *
   * @throws InterruptedException if the thread is interrupted meanwhile
   */
  static Reachability await(LabNetwork lab, Prober prober, KubernetesClient client)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    List<Flow> flows = flows(lab);
    Map<Flow, Outcome> expected = expected(lab, flows, client);
    for (int count = 1; true; count++) {
      Map<Flow, Outcome> measured = prober.measure(flows);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      if (measured.equals(expected) || count >= MEASUREMENTS && took.compareTo(BOUND) > 0) {
        return new Reachability(measured, expected, took);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private static Map<Flow, Outcome> expected(
      LabNetwork lab, List<Flow> flows, KubernetesClient client) throws IOException {
    Cluster cluster = new Cluster("", DefaultIsolation.OFF);
    try {
      Manifests objects = ClusterListing.read(client);
      objects.nodes().forEach(cluster::put);
      objects.namespaces().forEach(cluster::put);
      objects.pods().forEach(cluster::put);
      objects.policies().forEach(cluster::put);
    } catch (ManifestException e) {
      throw new IOException(e.getMessage(), e);
    }
    Evaluator evaluator = new Evaluator(cluster);
    Map<Flow, Outcome> outcomes = new LinkedHashMap<>();
    for (Flow flow : flows) {
      boolean allowed = evaluator.verdict(evaluated(lab, flow)).allowed();
      outcomes.put(flow, allowed ? Outcome.ALLOWED : Outcome.DENIED);
    }
    return outcomes;
  }

  /** Returns the flow as the evaluator knows it, from the sender's address of the same family. */
  private static io.netpol.evaluate.Flow evaluated(LabNetwork lab, Flow flow) {
    IpAddress to = IpAddress.parse(flow.toAddress());
    IpAddress from =
        lab.addresses(flow.from()).stream()
            .map(IpAddress::parse)
            .filter(address -> address.family() == to.family())
            .findFirst()
            .orElseThrow();
    return new io.netpol.evaluate.Flow(
        from, to, io.netpol.net.Protocol.valueOf(flow.protocol().name()), flow.port());
  }

  /** Returns the measured table, with marks where it differs from the expected one. */
  ReachabilityTable now(LabNetwork lab) {
    return ReachabilityTable.of(lab, measured, expected);
  }

  /** Returns the three tables beside each other. */
  String compare(LabNetwork lab, ReachabilityTable before) {
    Map<String, ReachabilityTable> tables = new LinkedHashMap<>();
    tables.put("before", before);
    tables.put("measured now", now(lab));
    tables.put("expected", ReachabilityTable.of(lab, expected));
    return ReachabilityTable.render(tables);
  }

  /** Returns a line for each flow whose outcome is not the expected one. */
  List<String> mismatches(LabNetwork lab) {
    List<String> lines = new ArrayList<>();
    measured.forEach(
        (flow, outcome) -> {
          if (outcome != expected.get(flow)) {
            lines.add(
                String.format(
                    Locale.ROOT,
                    "%s to %s (%s, %s %d) is %s, expected is %s",
                    flow.from(),
                    lab.memberAt(flow.toAddress()).orElse("?"),
                    IpLiteral.isIpv6(flow.toAddress()) ? "IPv6" : "IPv4",
                    flow.protocol(),
                    flow.port(),
                    outcome.name().toLowerCase(Locale.ROOT),
                    expected.get(flow).name().toLowerCase(Locale.ROOT)));
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
