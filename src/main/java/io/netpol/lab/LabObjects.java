package io.netpol.lab;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes the Kubernetes objects that an API server would hold for the members of a lab. */
final class LabObjects {

  private LabObjects() {}

  /**
   * Returns the nodes, a namespace for each first part of a pod's name, and the pods.
   *
   * @param labels of each namespace and pod by its name; one without an entry has none of its own
   */
  static List<HasMetadata> all(LabPlan plan, Map<String, Map<String, String>> labels) {
    List<HasMetadata> objects = new ArrayList<>();
    plan.nodes().forEach(node -> objects.add(node(node)));
    plan.pods().stream()
        .map(pod -> pod.name().substring(0, pod.name().indexOf('/')))
        .distinct()
        .forEach(name -> objects.add(namespace(name, labels.getOrDefault(name, Map.of()))));
    plan.pods()
        .forEach(
            pod -> objects.add(pod(plan, pod.name(), labels.getOrDefault(pod.name(), Map.of()))));
    return objects;
  }

  /** Returns a namespace with these labels, and the one that a real API server gives it. */
  static Namespace namespace(String name, Map<String, String> labels) {
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(labels)
        .addToLabels("kubernetes.io/metadata.name", name)
        .endMetadata()
        .build();
  }

  /** Returns a running pod with the addresses that the plan gives it. */
  static Pod pod(LabPlan plan, String name, Map<String, String> labels) {
    LabPlan.Pod planned =
        plan.pods().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    List<PodIP> addresses = planned.addresses().stream().map(PodIP::new).toList();
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(name.substring(0, name.indexOf('/')))
        .withName(name.substring(name.indexOf('/') + 1))
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withNodeName(planned.node())
        .addNewContainer()
        .withName("main")
        .endContainer()
        .endSpec()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP(addresses.get(0).getIp())
        .withPodIPs(addresses)
        .endStatus()
        .build();
  }

  private static Node node(LabPlan.Node node) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(node.name())
        .endMetadata()
        .withNewSpec()
        .withPodCIDRs(node.podRanges())
        .endSpec()
        .withNewStatus()
        .addAllToAddresses(
            node.addresses().stream()
                .map(address -> new NodeAddress(address, "InternalIP"))
                .toList())
        .endStatus()
        .build();
  }
}
