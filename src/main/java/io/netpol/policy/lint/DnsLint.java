package io.netpol.policy.lint;

import io.netpol.policy.Direction;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.Peer;
import io.netpol.policy.Pod;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Protocol;
import io.netpol.policy.Rule;
import io.netpol.policy.lint.Finding.Code;
import io.netpol.policy.lint.Finding.Severity;
import io.netpol.policy.lint.PolicyLint.Surroundings;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Looks for pods that are isolated for egress and may ask no name server. */
final class DnsLint {

  private static final int DNS_PORT = 53;

  /** Where the DNS pods of some distributions listen, which is what policies see. */
  private static final int UNPRIVILEGED_DNS_PORT = 5353;

  private DnsLint() {}

  /**
   * The finding about a policy: some pod that it isolates for egress may ask no name server by any
   * policy.
   */
  static Optional<Finding> of(
      NetworkPolicy policy, List<NetworkPolicy> beside, Surroundings surroundings) {
    if (!policy.isolates(Direction.EGRESS)) {
      return Optional.empty();
    }
    Optional<Pod> without =
        surroundings.podsIn(policy.key().namespace()).stream()
            .filter(policy::selects)
            // It is said once, of the first of the policies that isolate the pod.
            .filter(pod -> isolating(pod, beside).findFirst().filter(policy::equals).isPresent())
            .filter(pod -> isolating(pod, beside).noneMatch(DnsLint::opensUdp))
            .findFirst();
    if (without.isEmpty()) {
      return Optional.empty();
    }
    Pod pod = without.get();
    // Nobody needs the name of an address; and who may talk to nobody needs no names.
    boolean needsNames =
        isolating(pod, beside)
            .flatMap(p -> p.rules(Direction.EGRESS).stream())
            .anyMatch(DnsLint::isToPods);
    boolean tcp = isolating(pod, beside).anyMatch(DnsLint::opensTcp);
    return Optional.of(
        new Finding(
            policy.key(),
            Code.EGRESS_WITHOUT_DNS,
            needsNames ? Severity.WARNING : Severity.INFO,
            "egress",
            pod.key()
                + " is isolated, and no policy lets it ask a name server"
                + (tcp ? ": TCP 53 is open, UDP 53 is not" : ""),
            "allow UDP and TCP port 53, at best to the pods of the cluster's DNS only"));
  }

  private static Stream<NetworkPolicy> isolating(Pod pod, List<NetworkPolicy> beside) {
    return beside.stream().filter(p -> p.isolates(Direction.EGRESS) && p.selects(pod));
  }

  private static boolean isToPods(Rule rule) {
    return !rule.ports().isEmpty()
        && rule.peers().stream().anyMatch(peer -> !(peer instanceof Peer.Block));
  }

  private static boolean opensUdp(NetworkPolicy policy) {
    return opens(policy, DnsLint::mayBeDns);
  }

  private static boolean opensTcp(NetworkPolicy policy) {
    return opens(policy, port -> holds(port, Protocol.TCP, DNS_PORT));
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
