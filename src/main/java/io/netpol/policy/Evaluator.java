package io.netpol.policy;

import io.netpol.policy.Verdict.Decision;
import java.util.List;
import java.util.Optional;

/**
 * Says of a connection whether policies allow it, straight from the objects: it shares the model
 * with the renderer, and none of its work.
 */
public final class Evaluator {

  private final Cluster cluster;

  /** Looks at the cluster as it is when a verdict is asked for. */
  public Evaluator(Cluster cluster) {
    this.cluster = cluster;
  }

  /** The verdict on a connection. */
  public Verdict verdict(Flow flow) {
    return cluster.consistently(
        () -> {
          Pod sender = cluster.podAt(flow.from()).orElse(null);
          Pod receiver = cluster.podAt(flow.to()).orElse(null);
          return new Verdict(
              decide(flow, Direction.EGRESS, sender, receiver, flow.to()),
              decide(flow, Direction.INGRESS, receiver, sender, flow.from()));
        });
  }

  private Decision decide(
      Flow flow, Direction direction, Pod subject, Pod other, IpAddress otherAddress) {
    if (subject == null) {
      return new Decision.NotIsolated();
    }
    if (subject == other) {
      return new Decision.Always("a pod reaches itself");
    }
    Optional<Node> node = cluster.node(subject.node());
    if (node.isPresent() && node.get().addresses().contains(otherAddress)) {
      return new Decision.Always("a pod and its own node reach each other");
    }
    Optional<List<NetworkPolicy>> isolating = cluster.isolating(subject, direction);
    if (isolating.isEmpty()) {
      return new Decision.NotIsolated();
    }
    Pod receiver = direction == Direction.INGRESS ? subject : other;
    for (NetworkPolicy policy : isolating.get()) {
      List<Rule> rules = policy.rules(direction);
      for (int i = 0; i < rules.size(); i++) {
        Rule rule = rules.get(i);
        if (rule.peers().stream().anyMatch(peer -> admits(peer, other, otherAddress))
            && rule.ports().stream().anyMatch(port -> flow.uses(port, receiver))) {
          return new Decision.AllowedBy(policy.key(), i + 1);
        }
      }
    }
    return new Decision.Denied(isolating.get().stream().map(NetworkPolicy::key).toList());
  }

  private boolean admits(Peer peer, Pod pod, IpAddress address) {
    if (peer instanceof Peer.Everyone) {
      return true;
    } else if (peer instanceof Peer.Block block) {
      return block.contains(address);
    }
    Peer.Pods pods = (Peer.Pods) peer;
    return pod != null
        && pods.selector().matches(pod.labels())
        && inScope(pods.namespaces(), pod.key().namespace());
  }

  private boolean inScope(Peer.NamespaceScope scope, String namespace) {
    if (scope instanceof Peer.NamespaceScope.Named named) {
      return named.name().equals(namespace);
    }
    LabelSelector selector = ((Peer.NamespaceScope.Matching) scope).selector();
    return cluster.namespace(namespace).map(n -> selector.matches(n.labels())).orElse(false);
  }
}
