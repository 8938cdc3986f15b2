package io.netpol.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.netpol.iptables.Dataplane;
import io.netpol.iptables.Delivery;
import io.netpol.iptables.RenderOptions;
import io.netpol.iptables.Work;
import io.netpol.kubernetes.ObjectConverter;
import io.netpol.policy.Cluster;
import io.netpol.policy.DefaultIsolation;
import java.util.List;
import java.util.Set;

/** What a node of the example cluster would be told, for machines that cannot run the demo. */
public final class Payloads {

  private Payloads() {}

  /** Returns what would be delivered to an empty kernel for all policies of the scenario. */
  public static List<Delivery> of(String node) {
    Cluster cluster = new Cluster(node, DefaultIsolation.OFF);
    ObjectConverter converter = new ObjectConverter(problem -> {});
    for (HasMetadata object : ExampleCluster.objects()) {
      if (object instanceof Node each) {
        converter.node(each).ifPresent(cluster::put);
      } else if (object instanceof Namespace each) {
        converter.namespace(each).ifPresent(cluster::put);
      } else if (object instanceof Pod each) {
        converter.pod(each).ifPresent(cluster::put);
      }
    }
    Scenario.policies().forEach(p -> converter.networkPolicy(p).ifPresent(cluster::put));
    return Dataplane.empty(cluster, RenderOptions.DEFAULT)
        .attempt(Work.everything("demo"), Set.of())
        .deliveries();
  }
}
