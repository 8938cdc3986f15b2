package io.netpol.analysis.lint;

import io.netpol.analysis.lint.Finding.Code;
import io.netpol.analysis.lint.Finding.Severity;
import io.netpol.analysis.lint.Surroundings.Which;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.model.Pod.NamedPort;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.Protocol;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Looks at one rule of a policy. */
final class RuleLint {

  private static final Peer.Pods ANYBODY =
      new Peer.Pods(
          new NamespaceScope.Matching(LabelSelector.EVERYTHING), LabelSelector.EVERYTHING);

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
    if (surroundings.namespaces(pods.namespaces()).isEmpty()) {
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.WARNING,
          "no namespace has " + ((NamespaceScope.Matching) pods.namespaces()).selector(),
          "label the namespaces that are meant, or use kubernetes.io/metadata.name");
    } else if (surroundings.ports(pods).isEmpty()) {
      podsOfNobody(pods);
    }
  }

  private void podsOfNobody(Peer.Pods pods) {
    LabelSelector selector = pods.selector();
    boolean own = pods.namespaces() instanceof NamespaceScope.Named;
    boolean elsewhere = own && surroundings.isAnywhere(Which.OWN_NETWORK, selector);
    String has = (selector.isEverything() ? "are" : "have " + selector) + " in ";
    if (isThere(Which.ON_HOST, pods)) {
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.WARNING,
          "only pods on the host network "
              + has
              + pods.namespaces()
              + ", and selectors do not mean these",
          "use an ipBlock with the addresses of their nodes");
    } else if (selector.isEverything()) {
      return; // a namespace may be about to get pods
    } else if (!elsewhere && isThere(Which.FINISHED, pods)) {
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.INFO,
          "only pods that have finished " + has + pods.namespaces(),
          "nothing, where pods with these labels run again");
    } else {
      boolean onHosts = own && !elsewhere && surroundings.isAnywhere(Which.ON_HOST, selector);
      add(
          Code.PEER_MATCHES_NOTHING,
          Severity.WARNING,
          "no pod has "
              + selector
              + " in "
              + pods.namespaces()
              + (own ? ", where it is looked for" : ""),
          elsewhere
              ? "pods of other namespaces have it: add a namespaceSelector to the same peer"
              : onHosts
                  ? "pods on the host network of other namespaces have it, and selectors do not"
                      + " mean these: use an ipBlock with the addresses of their nodes"
                  : "check the labels against those of the pods");
    }
  }

  private boolean isThere(Which which, Peer.Pods pods) {
    return surroundings.meant(which, pods).findAny().isPresent();
  }

  /** Returns the pods that receive what the rule allows; empty where they cannot all be known. */
  private Optional<List<PodPorts>> receivers() {
    if (direction == Direction.INGRESS) {
      return Optional.of(
          List.of(
              surroundings.ports(
                  new Peer.Pods(
                      new NamespaceScope.Named(policy.key().namespace()), policy.podSelector()))));
    }
    if (!rule.peers().stream().allMatch(Peer.Pods.class::isInstance)) {
      return Optional.empty();
    }
    return Optional.of(
        rule.peers().stream()
            .map(peer -> surroundings.ports((Peer.Pods) peer))
            .filter(ports -> !ports.isEmpty())
            .toList());
  }

  private void unknownName(PortMatch port) {
    if (!(port instanceof PortMatch.Named named)) {
      return;
    }
    List<PodPorts> receivers = receivers().orElseGet(() -> List.of(surroundings.ports(ANYBODY)));
    if (receivers.stream().allMatch(PodPorts::isEmpty)
        || receivers.stream().anyMatch(pods -> pods.has(named))) {
      return;
    }
    Optional<NamedPort> other =
        receivers.stream().flatMap(pods -> pods.named(named.name()).stream()).findFirst();
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

  /** TCP is what a port without protocol means: wrong where every receiver declares UDP only. */
  private void udpAsTcp(PortMatch match) {
    if (!(match instanceof PortMatch.Range range)
        || range.protocol() != Protocol.TCP
        || range.first() != range.last()
        || opensUdp(range.first())) {
      return;
    }
    List<PodPorts> receivers = receivers().orElse(List.of());
    boolean udpOnly =
        receivers.stream().anyMatch(pods -> !pods.isEmpty())
            && receivers.stream().allMatch(pods -> pods.isUdpOnly(range.first()));
    if (udpOnly) {
      add(
          Code.UDP_PORT_AS_TCP,
          Severity.WARNING,
          "port " + range.first() + " is TCP here, and the pods serve UDP on it",
          "add protocol: UDP (a port without protocol is TCP)");
    }
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
    boolean sure = surroundings.ports(pods).isEmpty() && !surroundings.ports(both).isEmpty();
    add(
        Code.OR_INSTEAD_OF_AND,
        sure ? Severity.WARNING : Severity.INFO,
        String.format(Locale.ROOT, "two peers: %s, OR %s", namespaces, pods),
        "for these pods in those namespaces only, write both selectors into one peer");
  }

  private void blockOverlap(Peer peer) {
    if (!(peer instanceof Peer.Block block)) {
      return;
    }
    // A block of all addresses means everybody: it is odd only where pods are left out one by one.
    boolean everybody = block.cidr().prefix() == 0;
    surroundings
        .firstRange(
            block.cidr(),
            range ->
                overlaps(block, range)
                    && !(everybody && block.except().stream().noneMatch(range::contains)))
        .ifPresent(
            range ->
                add(
                    Code.BLOCK_OVERLAPS_PODS,
                    Severity.INFO,
                    block
                        + " holds addresses of pods ("
                        + range.cidr()
                        + " of node "
                        + range.node().name()
                        + ")",
                    "where pods are meant, select them by their labels; where not, except the pods'"
                        + " ranges from the block"));
  }

  private static boolean overlaps(Peer.Block block, Cidr range) {
    Cidr smaller = block.cidr().contains(range) ? range : block.cidr();
    return !smaller.minus(block.except()).isEmpty();
  }
}
