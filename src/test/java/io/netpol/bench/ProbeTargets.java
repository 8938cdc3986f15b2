package io.netpol.bench;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Picks from a load the connections by which a controller is judged: those that any controller that
 * follows the API must deny and allow.
 *
 * @param ingress local pods that are isolated for ingress
 * @param egress local pods that are isolated for egress alone
 * @param allowed connections from pods elsewhere that a policy allows
 */
record ProbeTargets(List<Pod> ingress, List<Pod> egress, List<Allowed> allowed) {

  /** A connection that the first rule of a policy allows, by a selector of labels of its pods. */
  record Allowed(Pod from, Pod to, int port, NetworkPolicy policy) {}

  static ProbeTargets of(GeneratedLoad load) {
    List<Pod> ingress = new ArrayList<>();
    List<Pod> egress = new ArrayList<>();
    List<Allowed> allowed = new ArrayList<>();
    for (Pod pod : load.pods().subList(0, load.load().localPods())) {
      List<NetworkPolicy> selecting =
          load.policies().stream().filter(policy -> selects(policy, pod)).toList();
      if (selecting.stream().anyMatch(policy -> isolates(policy, "Ingress"))) {
        ingress.add(pod);
        selecting.stream()
            .flatMap(policy -> allowed(policy, pod, load).stream())
            .findFirst()
            .ifPresent(allowed::add);
      } else if (!selecting.isEmpty()) {
        egress.add(pod);
      }
    }
    return new ProbeTargets(List.copyOf(ingress), List.copyOf(egress), List.copyOf(allowed));
  }

  static String address(Pod pod) {
    return pod.getStatus().getPodIP();
  }

  private static boolean selects(NetworkPolicy policy, Pod pod) {
    return inNamespace(policy, pod) && matches(policy.getSpec().getPodSelector(), pod);
  }

  private static boolean inNamespace(NetworkPolicy policy, Pod pod) {
    return policy.getMetadata().getNamespace().equals(pod.getMetadata().getNamespace());
  }

  private static boolean isolates(NetworkPolicy policy, String direction) {
    return policy.getSpec().getPolicyTypes().contains(direction);
  }

  private static boolean matches(LabelSelector selector, Pod pod) {
    return selector.getMatchExpressions().isEmpty()
        && pod.getMetadata()
            .getLabels()
            .entrySet()
            .containsAll(selector.getMatchLabels().entrySet());
  }

  private static Optional<Allowed> allowed(NetworkPolicy policy, Pod to, GeneratedLoad load) {
    if (!isolates(policy, "Ingress")) {
      return Optional.empty();
    }
    NetworkPolicyIngressRule rule = policy.getSpec().getIngress().get(0);
    Optional<Integer> port =
        rule.getPorts().stream()
            .filter(ProbeTargets::plain)
            .findFirst()
            .map(each -> each.getPort().getIntVal());
    List<LabelSelector> peers =
        rule.getFrom().stream()
            .filter(peer -> peer.getNamespaceSelector() == null && peer.getPodSelector() != null)
            .map(NetworkPolicyPeer::getPodSelector)
            .filter(selector -> selector.getMatchExpressions().isEmpty())
            .toList();
    return port.flatMap(
        number ->
            load.pods().stream()
                .skip(load.load().localPods())
                .filter(from -> inNamespace(policy, from))
                .filter(from -> peers.stream().anyMatch(peer -> matches(peer, from)))
                .findFirst()
                .map(from -> new Allowed(from, to, number, policy)));
  }

  /** Whether it is a single TCP port by number. */
  private static boolean plain(NetworkPolicyPort port) {
    return "TCP".equals(port.getProtocol())
        && port.getEndPort() == null
        && port.getPort().getIntVal() != null;
  }

  /** Returns the connection whose source a joining pod shall resemble: in as many sets as asked. */
  Allowed joined(Expected expected, int sets) {
    return allowed.stream()
        .filter(each -> expected.sets(joiner(each, 0)) == sets)
        .findFirst()
        .orElseGet(() -> allowed.get(0));
  }

  /** Returns a pod of another node with the labels of the connection's source. */
  static Pod joiner(Allowed like, int index) {
    Map<String, String> labels = new LinkedHashMap<>(like.from().getMetadata().getLabels());
    return PodTemplate.running(
        like.from().getMetadata().getNamespace(),
        "joiner-" + index,
        "node-1",
        labels,
        "10.200.%d.%d".formatted(index >> 8 & 255, index & 255));
  }
}
