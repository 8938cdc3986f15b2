package io.netpol.policy.lint;

import io.netpol.policy.Cidr;
import io.netpol.policy.Direction;
import io.netpol.policy.Namespace;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.Node;
import io.netpol.policy.Peer;
import io.netpol.policy.Peer.NamespaceScope;
import io.netpol.policy.Pod;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Protocol;
import io.netpol.policy.Rule;
import io.netpol.policy.lint.Finding.Code;
import io.netpol.policy.lint.Finding.Severity;
import io.netpol.policy.lint.PolicyLint.Surroundings;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Looks at one rule of a policy. */
final class RuleLint {

  private final Surroundings surroundings;
  private final NetworkPolicy policy;
  private final Direction direction;
  private final Rule rule;
  private final String where;
  private final Collection<Finding> findings;

  RuleLint(
      Surroundings surroundings,
      NetworkPolicy policy,
      Direction direction,
      int index,
      Collection<Finding> findings) {
    this.surroundings = surroundings;
    this.policy = policy;
    this.direction = direction;
    this.rule = policy.rules(direction).get(index);
    this.where = direction.lowerCase() + " rule " + (index + 1);
    this.findings = findings;
  }

  /**
   * Finds what there is.
   *
   * @param useful whether the policy holds any pod, or no pod is known at all
   */
  void look(boolean useful) {
    rule.peers().forEach(this::blockOverlap);
    alternatives();
    if (surroundings.hasPods() && useful) {
      rule.peers().forEach(this::peerOfNobody);
      rule.ports().forEach(this::unknownName);
      rule.ports().forEach(this::udpAsTcp);
    }
  }

  private void add(Code code, Severity severity, String sentence, String advice) {
    findings.add(new Finding(policy.key(), code, severity, where, sentence, advice));
  }

  private void peerOfNobody(Peer peer) {
    if (!(peer instanceof Peer.Pods pods)) {
      return;
    }
    List<String> where = namespaces(pods.namespaces());
    if (where.isEmpty()) {
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.WARNING,
          "no namespace has " + ((NamespaceScope.Matching) pods.namespaces()).selector(),
          "label the namespaces that are meant, or use kubernetes.io/metadata.name");
    } else if (!pods.selector().isEverything() && meant(pods).findAny().isEmpty()) {
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.WARNING,
          "no pod has "
              + pods.selector()
              + " in "
              + (pods.namespaces() instanceof NamespaceScope.Named
                  ? "namespace " + where.get(0) + ", where it is looked for"
                  : pods.namespaces()),
          pods.namespaces() instanceof NamespaceScope.Named && isElsewhere(pods)
              ? "pods of other namespaces have it: add a namespaceSelector to the same peer"
              : "check the labels against those of the pods");
    }
  }

  private boolean isElsewhere(Peer.Pods pods) {
    return surroundings.namespaces().stream()
        .flatMap(namespace -> surroundings.podsIn(namespace.name()).stream())
        .anyMatch(pod -> pod.hasOwnNetwork() && pods.selector().matches(pod.labels()));
  }

  private List<String> namespaces(NamespaceScope scope) {
    if (scope instanceof NamespaceScope.Named named) {
      return List.of(named.name());
    }
    NamespaceScope.Matching matching = (NamespaceScope.Matching) scope;
    return surroundings.namespaces().stream()
        .filter(namespace -> matching.selector().matches(namespace.labels()))
        .map(Namespace::name)
        .toList();
  }

  private Stream<Pod> meant(Peer.Pods pods) {
    return namespaces(pods.namespaces()).stream()
        .flatMap(namespace -> surroundings.podsIn(namespace).stream())
        .filter(pod -> pod.hasOwnNetwork() && pods.selector().matches(pod.labels()));
  }

  private List<Pod> selected() {
    return surroundings.podsIn(policy.key().namespace()).stream().filter(policy::selects).toList();
  }

  /** The pods that receive what the rule admits; empty where they cannot all be known. */
  private Optional<List<Pod>> receivers() {
    if (direction == Direction.INGRESS) {
      return Optional.of(selected());
    }
    if (!rule.peers().stream().allMatch(Peer.Pods.class::isInstance)) {
      return Optional.empty();
    }
    return Optional.of(
        rule.peers().stream().flatMap(peer -> meant((Peer.Pods) peer)).distinct().toList());
  }

  private void unknownName(PortMatch port) {
    if (!(port instanceof PortMatch.Named named)) {
      return;
    }
    List<Pod> receivers = receivers().orElseGet(this::anybody);
    if (receivers.isEmpty()
        || receivers.stream().anyMatch(pod -> !pod.portNumbers(named).isEmpty())) {
      return;
    }
    Optional<Pod.NamedPort> other =
        receivers.stream()
            .flatMap(pod -> pod.ports().stream())
            .filter(p -> p.name().equals(named.name()))
            .findFirst();
    add(
        Code.PORT_NAME_UNKNOWN,
        Severity.ERROR,
        (direction == Direction.INGRESS ? "no pod that it selects" : "no pod that it may mean")
            + " has a "
            + named.protocol()
            + " port named "
            + named.name()
            + ", so this port matches nothing",
        other
            .map(p -> "the port of this name is " + p.protocol() + ": give the protocol")
            .orElse("name the port in the pods' containers, or give its number"));
  }

  private List<Pod> anybody() {
    return surroundings.namespaces().stream()
        .flatMap(namespace -> surroundings.podsIn(namespace.name()).stream())
        .filter(Pod::hasOwnNetwork)
        .toList();
  }

  /** TCP is what a port without protocol means: wrong where every receiver declares UDP only. */
  private void udpAsTcp(PortMatch match) {
    if (!(match instanceof PortMatch.Range range)
        || range.protocol() != Protocol.TCP
        || range.first() != range.last()
        || opensUdp(range.first())) {
      return;
    }
    List<Pod> receivers = receivers().orElse(List.of());
    boolean udpOnly =
        !receivers.isEmpty()
            && receivers.stream()
                .allMatch(
                    pod ->
                        declares(pod, Protocol.UDP, range.first())
                            && !declares(pod, Protocol.TCP, range.first()));
    if (udpOnly) {
      add(
          Code.UDP_PORT_AS_TCP,
          Severity.WARNING,
          "port " + range.first() + " is TCP here, and the pods serve UDP on it",
          "add protocol: UDP (a port without protocol is TCP)");
    }
  }

  private static boolean declares(Pod pod, Protocol protocol, int number) {
    return pod.ports().stream().anyMatch(p -> p.protocol() == protocol && p.number() == number);
  }

  private boolean opensUdp(int number) {
    return rule.ports().stream()
        .anyMatch(
            port ->
                port instanceof PortMatch.Any
                    || port instanceof PortMatch.AllOf all && all.protocol() == Protocol.UDP
                    || port instanceof PortMatch.Range range
                        && range.protocol() == Protocol.UDP
                        && range.first() <= number
                        && number <= range.last()
                    || port instanceof PortMatch.Named named && named.protocol() == Protocol.UDP);
  }

  /** Two peers in a row of which each has the one selector that the other lacks. */
  private void alternatives() {
    for (int i = 0; i + 1 < rule.peers().size(); i++) {
      Peer one = rule.peers().get(i);
      Peer two = rule.peers().get(i + 1);
      if (isNamespaceOnly(one) && isPodsOnly(two)) {
        alternative((Peer.Pods) one, (Peer.Pods) two);
      } else if (isPodsOnly(one) && isNamespaceOnly(two)) {
        alternative((Peer.Pods) two, (Peer.Pods) one);
      }
    }
  }

  private static boolean isNamespaceOnly(Peer peer) {
    return peer instanceof Peer.Pods pods
        && pods.namespaces() instanceof NamespaceScope.Matching
        && pods.selector().isEverything();
  }

  private static boolean isPodsOnly(Peer peer) {
    return peer instanceof Peer.Pods pods
        && pods.namespaces() instanceof NamespaceScope.Named
        && !pods.selector().isEverything();
  }

  private void alternative(Peer.Pods namespaces, Peer.Pods pods) {
    // Surely not meant where the pods are only there, and not in the policy's own namespace.
    Peer.Pods both = new Peer.Pods(namespaces.namespaces(), pods.selector());
    boolean sure = meant(pods).findAny().isEmpty() && meant(both).findAny().isPresent();
    add(
        Code.OR_INSTEAD_OF_AND,
        sure ? Severity.WARNING : Severity.INFO,
        String.format(Locale.ROOT, "two peers: %s, OR %s", namespaces, pods),
        "for these pods in those namespaces only, write both selectors into one peer");
  }

  private void blockOverlap(Peer peer) {
    if (!(peer instanceof Peer.Block block)
        || block.cidr().prefix() == 0 && block.except().isEmpty()) {
      return; // 0.0.0.0/0 as it is means everybody
    }
    for (Node node : surroundings.nodes()) {
      for (Cidr range : node.podRanges()) {
        if (overlaps(block, range)) {
          add(
              Code.BLOCK_OVERLAPS_PODS,
              Severity.INFO,
              block + " holds addresses of pods (" + range + " of node " + node.name() + ")",
              "mean pods by their labels, and except the pods' ranges from the block");
          return;
        }
      }
    }
  }

  private static boolean overlaps(Peer.Block block, Cidr range) {
    Cidr smaller = block.cidr().contains(range) ? range : block.cidr();
    boolean touch = block.cidr().contains(range) || range.contains(block.cidr());
    return touch && !smaller.minus(block.except()).isEmpty();
  }
}
