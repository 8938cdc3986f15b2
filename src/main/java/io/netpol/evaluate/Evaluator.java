package io.netpol.evaluate;

import io.netpol.evaluate.PodPolicy.PolicyRule;
import io.netpol.evaluate.PodPolicy.TierRules;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.evaluate.Verdict.Decision.Always.Reason;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides whether policies allow a connection, directly from the objects: it shares the model with
 * the renderer, and no code. It is stateless and thread-safe, and reads the cluster as it is at
 * each call; call it in {@link Cluster#withLock} to get several verdicts on one state.
 */
public final class Evaluator {

  private final Cluster cluster;
  private final NodeLookup nodes;
  private final boolean enforces;

  /** Makes an evaluator of a cluster. */
  public Evaluator(Cluster cluster) {
    this(cluster, NodeLookup.of(cluster));
  }

  /**
   * Makes an evaluator of a cluster with another source of nodes, which may know more addresses.
   */
  public Evaluator(Cluster cluster, NodeLookup nodes) {
    this(cluster, nodes, false);
  }

  private Evaluator(Cluster cluster, NodeLookup nodes, boolean enforces) {
    this.cluster = cluster;
    this.nodes = nodes;
    this.enforces = enforces;
  }

  /** Returns an evaluator that treats policies in audit mode as enforced. */
  public Evaluator ifEnforced() {
    return new Evaluator(cluster, nodes, true);
  }

  /** Returns the policy of the pod, with audit mode or, {@link #ifEnforced}, without. */
  PodPolicy policy(Pod pod, Direction direction) {
    return enforces
        ? PodPolicy.ifEnforced(cluster, pod, direction)
        : PodPolicy.of(cluster, pod, direction);
  }

  /** Returns the verdict on a connection between addresses. */
  public Verdict verdict(Flow flow) {
    return cluster.withLock(
        () -> verdict(endpoint(flow.from()), endpoint(flow.to()), flow.protocol(), flow.port()));
  }

  /**
   * Returns the verdict on a connection between a source and a destination.
   *
   * @param protocol null for a protocol that no policy port can name, such as ICMP
   * @param port the destination port; 0 where the protocol is null
   */
  public Verdict verdict(Endpoint from, Endpoint to, Protocol protocol, int port) {
    return cluster.withLock(
        () ->
            new Verdict(
                decide(Direction.EGRESS, from, to, protocol, port),
                decide(Direction.INGRESS, to, from, protocol, port)));
  }

  /**
   * Returns the decision of one direction on a connection.
   *
   * @param subject the source for egress, the destination for ingress
   * @param other the peer of the subject
   */
  public Decision decision(
      Direction direction, Endpoint subject, Endpoint other, Protocol protocol, int port) {
    return cluster.withLock(() -> decide(direction, subject, other, protocol, port));
  }

  /**
   * Returns the decisions of one direction on all ports, for many queries about one source and
   * destination.
   *
   * @param subject the source for egress, the destination for ingress
   * @param other the peer of the subject
   */
  public PortDecisions decisions(Direction direction, Endpoint subject, Endpoint other) {
    return cluster.withLock(() -> new PortDecisions(this, direction, subject, other));
  }

  /**
   * Returns whether the peer of a rule matches the endpoint, regardless of the ports of the rule.
   */
  public boolean means(Peer peer, Endpoint end) {
    return cluster.withLock(() -> isMeant(peer, end));
  }

  /** Returns the endpoint at an address. */
  public Endpoint endpoint(IpAddress address) {
    return new Endpoint(address, cluster.podsAt(address));
  }

  /**
   * Returns the rule that would have to change least to allow a connection that was denied.
   *
   * @param denied the decision of {@link #verdict} for this direction
   * @param onHost the peer, if it is a pod on the host network
   * @return empty if no policy that isolates the pod has a rule
   */
  public Optional<NearestRule> nearest(
      Direction direction,
      Decision.Denied denied,
      Endpoint from,
      Endpoint to,
      Optional<Pod> onHost,
      Protocol protocol,
      int port) {
    return cluster.withLock(
        () ->
            cluster
                .pod(denied.pod())
                .flatMap(
                    pod ->
                        new NearMiss(cluster, direction, pod, from, to, onHost, protocol, port)
                            .nearest(policy(pod, direction))));
  }

  /**
   * Returns the decision of all pods at the subject's address: if two pods share it, both must
   * allow the connection, as in the kernel.
   */
  private Decision decide(
      Direction direction, Endpoint subject, Endpoint other, Protocol protocol, int port) {
    List<Decision> decisions = new ArrayList<>(1);
    for (Pod pod : subject.pods()) {
      Decision decision = decide(direction, pod, other, protocol, port);
      if (!decision.allows()) {
        return decision;
      }
      decisions.add(decision);
    }
    return decisions.stream()
        .filter(Decision.Audited.class::isInstance)
        .findFirst()
        .orElse(decisions.isEmpty() ? new Decision.NoPod() : decisions.get(0));
  }

  private Decision decide(
      Direction direction, Pod subject, Endpoint other, Protocol protocol, int port) {
    Decision exempt = exempt(subject, other);
    return exempt != null
        ? exempt
        : decide(policy(subject, direction), subject, other, protocol, port);
  }

  /** Returns the decision on a connection that no policy can deny; null if policies decide. */
  Decision exempt(Pod subject, Endpoint other) {
    IpAddress address = other.address();
    if (other.pods().contains(subject)
        || address != null && subject.addresses().contains(address)) {
      return new Decision.Always(subject.key(), Reason.ITSELF);
    }
    Optional<Node> node = nodes.node(subject.node());
    if (address != null && node.isPresent() && node.get().owns(address)) {
      return new Decision.Always(subject.key(), Reason.OWN_NODE);
    }
    return null;
  }

  /** Returns the decision of a given policy on a connection of a pod. */
  Decision decide(PodPolicy policy, Pod subject, Endpoint other, Protocol protocol, int port) {
    for (TierRules tier : policy.tiers()) {
      Decision decision = decide(tier, policy.direction(), subject, other, protocol, port);
      if (decision != null) {
        return decision;
      }
    }
    return new Decision.NotIsolated(subject.key());
  }

  /** Returns the decision of a tier; null if it leaves the connection to the next one. */
  private Decision decide(
      TierRules tier,
      Direction direction,
      Pod subject,
      Endpoint other,
      Protocol protocol,
      int port) {
    for (PolicyRule rule : tier.rules()) {
      for (PortMatch match : rule.rule().ports()) {
        for (Peer peer : rule.rule().peers()) {
          if (allows(direction, subject, other, peer, match, protocol, port)) {
            return matched(tier, subject, rule, peer, match);
          }
        }
      }
    }
    return unmatched(tier, subject);
  }

  /**
   * Returns the decision of a rule that matches; null if it leaves the connection to the next tier.
   */
  static Decision matched(
      TierRules tier, Pod subject, PolicyRule rule, Peer peer, PortMatch match) {
    return switch (rule.action()) {
      case ACCEPT ->
          new Decision.AllowedBy(subject.key(), rule.policy(), rule.number(), peer, match);
      case DENY -> denied(tier, subject, List.of(rule.policy()));
      case PASS -> null;
    };
  }

  /**
   * Returns the decision of a tier if no rule matches; null if it leaves the connection to the next
   * tier.
   */
  static Decision unmatched(TierRules tier, Pod subject) {
    return tier.isolates() ? denied(tier, subject, tier.policies()) : null;
  }

  private static Decision denied(TierRules tier, Pod subject, List<ObjectKey> policies) {
    return tier.auditMode()
        ? new Decision.Audited(subject.key(), policies)
        : new Decision.Denied(subject.key(), policies);
  }

  boolean allows(
      Direction direction,
      Pod subject,
      Endpoint other,
      Peer peer,
      PortMatch match,
      Protocol protocol,
      int port) {
    if (match instanceof PortMatch.Named named && direction == Direction.EGRESS) {
      // If two pods share the address, the named port is that of the pod which the peer selects.
      return named.protocol() == protocol
          && other.pods().stream()
              .anyMatch(
                  pod ->
                      pod.portNumbers(named).contains(port)
                          && isMeant(peer, new Endpoint(other.address(), List.of(pod))));
    }
    return uses(match, subject, protocol, port) && isMeant(peer, other);
  }

  /**
   * Returns whether the port of a rule matches; a named port is looked up on the destination pod.
   */
  static boolean uses(PortMatch match, Pod receiver, Protocol protocol, int port) {
    if (match instanceof PortMatch.Any) {
      return true;
    } else if (match instanceof PortMatch.AllOf all) {
      return all.protocol() == protocol;
    } else if (match instanceof PortMatch.Range range) {
      return range.protocol() == protocol && range.first() <= port && port <= range.last();
    }
    PortMatch.Named named = (PortMatch.Named) match;
    return named.protocol() == protocol
        && receiver != null
        && receiver.portNumbers(named).contains(port);
  }

  boolean isMeant(Peer peer, Endpoint other) {
    if (peer instanceof Peer.Everyone) {
      return true;
    } else if (peer instanceof Peer.Block block) {
      return other.address() != null && block.contains(other.address());
    }
    Peer.Pods pods = (Peer.Pods) peer;
    return other.pods().stream()
        .anyMatch(
            pod ->
                pods.selector().matches(pod.labels())
                    && inScope(pods.namespaces(), pod.key().namespace()));
  }

  private boolean inScope(Peer.NamespaceScope scope, String namespace) {
    if (scope instanceof Peer.NamespaceScope.Named named) {
      return named.name().equals(namespace);
    }
    LabelSelector selector = ((Peer.NamespaceScope.Matching) scope).selector();
    return cluster.namespace(namespace).map(n -> selector.matches(n.labels())).orElse(false);
  }
}
