package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.evaluate.Evaluator;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.ObjectConverter;
import io.netpol.lab.Flow.Outcome;
import io.netpol.model.DefaultIsolation;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the objects in an API server ask for, worked out without any rule of iptables. */
final class AskedFor {

  private AskedFor() {}

  /** Returns what flows should come out as; a sender speaks with its address of the same family. */
  static Map<Flow, Outcome> of(KubernetesClient client, LabNetwork lab, Collection<Flow> flows) {
    Evaluator evaluator = new Evaluator(cluster(client));
    Map<Flow, Outcome> outcomes = new LinkedHashMap<>();
    for (Flow flow : flows) {
      boolean allowed = evaluator.verdict(read(lab, flow)).allowed();
      outcomes.put(flow, allowed ? Outcome.ALLOWED : Outcome.DENIED);
    }
    return outcomes;
  }

  private static Cluster cluster(KubernetesClient client) {
    Cluster cluster = new Cluster("", DefaultIsolation.OFF);
    ObjectConverter converter = new ObjectConverter(problem -> {});
    client.nodes().list().getItems().forEach(o -> converter.node(o).ifPresent(cluster::put));
    client
        .namespaces()
        .list()
        .getItems()
        .forEach(o -> converter.namespace(o).ifPresent(cluster::put));
    client
        .pods()
        .inAnyNamespace()
        .list()
        .getItems()
        .forEach(o -> converter.pod(o).ifPresent(cluster::put));
    client
        .network()
        .v1()
        .networkPolicies()
        .inAnyNamespace()
        .list()
        .getItems()
        .forEach(o -> converter.networkPolicy(o).ifPresent(cluster::put));
    return cluster;
  }

  private static io.netpol.evaluate.Flow read(LabNetwork lab, Flow flow) {
    boolean ipv6 = IpLiteral.isIpv6(flow.toAddress());
    String from =
        lab.addresses(flow.from()).stream()
            .filter(address -> IpLiteral.isIpv6(address) == ipv6)
            .findFirst()
            .orElseThrow();
    Protocol protocol =
        switch (flow.protocol()) {
          case TCP -> Protocol.TCP;
          case UDP -> Protocol.UDP;
          case ICMP -> null;
        };
    return new io.netpol.evaluate.Flow(
        IpAddress.parse(from), IpAddress.parse(flow.toAddress()), protocol, flow.port());
  }
}
