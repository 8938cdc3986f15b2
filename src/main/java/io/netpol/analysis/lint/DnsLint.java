package io.netpol.analysis.lint;

import io.netpol.analysis.lint.Finding.Code;
import io.netpol.analysis.lint.Finding.Severity;
import io.netpol.analysis.lint.Surroundings.Which;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Protocol;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Looks for pods of a namespace that are isolated for egress and may ask no name server. */
final class DnsLint {

  private static final int DNS_PORT = 53;

  /** Where the DNS pods of some distributions listen, which is what policies see. */
  private static final int UNPRIVILEGED_DNS_PORT = 5353;

  private final Map<ObjectKey, Finding> findings = new HashMap<>();

  /**
   * Looks at the pods of a namespace.
   *
   * @param policies all policies of the namespace, in order of their names
   */
  DnsLint(List<NetworkPolicy> policies, Surroundings surroundings) {
    Map<LabelSelector, Egress> bySelector = new LinkedHashMap<>();
    for (int i = 0; i < policies.size(); i++) {
      if (policies.get(i).isolates(Direction.EGRESS)) {
        bySelector.merge(policies.get(i).podSelector(), Egress.of(i, policies.get(i)), Egress::and);
      }
    }
    if (bySelector.isEmpty()) {
      return;
    }
    String namespace = policies.get(0).key().namespace();
    Map<Pod, Egress> byPod = new IdentityHashMap<>();
    bySelector.forEach(
        (selector, egress) ->
            surroundings
                .meant(Which.OWN_NETWORK, namespace, selector)
                .forEach(pod -> byPod.merge(pod, egress, Egress::and)));
    boolean nodeLocal = surroundings.hasNodeLocalDns();
    for (Pod pod : surroundings.podsIn(namespace)) {
      Egress egress = byPod.get(pod);
      if (egress != null && !egress.udp()) {
        // It is said once, of the first of the policies that isolate the pod.
        ObjectKey policy = policies.get(egress.first()).key();
        findings.computeIfAbsent(policy, key -> finding(key, pod, egress, nodeLocal));
      }
    }
  }

  /**
   * What policies let a pod do.
   *
   * @param first the position of the first of the policies
   * @param udp whether it may ask a name server
   * @param tcp whether it may by TCP
   * @param pods whether it may talk to pods, so that it needs names
   */
  private record Egress(int first, boolean udp, boolean tcp, boolean pods) {

    static Egress of(int number, NetworkPolicy policy) {
      return new Egress(
          number,
          opens(policy, DnsLint::mayBeDns),
          opens(policy, port -> holds(port, Protocol.TCP, DNS_PORT)),
          policy.rules(Direction.EGRESS).stream().anyMatch(DnsLint::isToPods));
    }

    Egress and(Egress other) {
      return new Egress(
          Math.min(first, other.first), udp || other.udp, tcp || other.tcp, pods || other.pods);
    }
  }

  /** Returns the finding about a policy: some pod may ask no name server by any policy. */
  Optional<Finding> of(NetworkPolicy policy) {
    return Optional.ofNullable(findings.get(policy.key()));
  }

  private static Finding finding(ObjectKey policy, Pod pod, Egress egress, boolean nodeLocal) {
    // Nobody needs the name of an address; and who may talk to nobody needs no names.
    boolean needs = egress.pods() && !nodeLocal;
    String allow = "allow UDP and TCP port 53, at best to the pods of the cluster's DNS only";
    return new Finding(
        policy,
        Code.EGRESS_WITHOUT_DNS,
        needs ? Severity.WARNING : Severity.INFO,
        "egress",
        pod.key()
            + " is isolated, and no policy lets it ask a name server"
            + (egress.tcp() ? ": TCP 53 is open, UDP 53 is not" : ""),
        needs
            ? allow
            : nodeLocal
                ? "nothing, where it asks the cache on its node, which it always reaches; else "
                    + allow
                : "nothing, where it needs no names; else " + allow);
  }

  private static boolean isToPods(Rule rule) {
    return !rule.ports().isEmpty()
        && rule.peers().stream().anyMatch(peer -> !(peer instanceof Peer.Block));
  }

  private static boolean opens(NetworkPolicy policy, Predicate<PortMatch> what) {
    return policy.rules(Direction.EGRESS).stream()
        .anyMatch(rule -> !rule.peers().isEmpty() && rule.ports().stream().anyMatch(what));
  }

  /** Whatever number a name has on the pods of the cluster's DNS: it is taken for right. */
  private static boolean mayBeDns(PortMatch port) {
    return port instanceof PortMatch.Named named && named.protocol() == Protocol.UDP
        || holds(port, Protocol.UDP, DNS_PORT)
        || holds(port, Protocol.UDP, UNPRIVILEGED_DNS_PORT);
  }

  private static boolean holds(PortMatch port, Protocol protocol, int number) {
    return port instanceof PortMatch.Any
        || port instanceof PortMatch.AllOf all && all.protocol() == protocol
        || port instanceof PortMatch.Range range
            && range.protocol() == protocol
            && range.first() <= number
            && number <= range.last();
  }
}
