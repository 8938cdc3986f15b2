package io.netpol.policy.lint;

import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Namespace;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.Node;
import io.netpol.policy.Pod;
import io.netpol.policy.lint.Finding.Code;
import io.netpol.policy.lint.Finding.Severity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Looks for what is probably not meant. It says nothing where it cannot know: with no pods at all,
 * what selectors match is not asked.
 */
public final class PolicyLint {

  private final Collection<Namespace> namespaces;
  private final Surroundings surroundings;
  private final Map<String, List<NetworkPolicy>> policies = new HashMap<>();

  private PolicyLint(Cluster cluster) {
    this.namespaces = cluster.namespaces();
    this.surroundings = new Surroundings(cluster);
    // A policy may be in a namespace that was not heard of yet.
    for (Namespace namespace : namespaces) {
      policies.put(namespace.name(), cluster.policies(namespace.name()));
    }
  }

  /** All findings, in order of the policies' names. */
  public static List<Finding> of(Cluster cluster) {
    return of(cluster, policy -> true);
  }

  /** The findings of some policies, in order of their names. */
  public static List<Finding> of(Cluster cluster, Predicate<NetworkPolicy> which) {
    PolicyLint lint = cluster.consistently(() -> new PolicyLint(cluster));
    TreeSet<Finding> findings = new TreeSet<>();
    for (List<NetworkPolicy> inNamespace : lint.policies.values()) {
      for (NetworkPolicy policy : inNamespace) {
        if (which.test(policy)) {
          lint.policy(policy, inNamespace, findings);
        }
      }
    }
    return List.copyOf(findings);
  }

  private void policy(
      NetworkPolicy policy, List<NetworkPolicy> beside, Collection<Finding> findings) {
    boolean useful = !surroundings.hasPods() || selects(policy, findings);
    for (Direction direction : Direction.values()) {
      for (int i = 0; i < policy.rules(direction).size(); i++) {
        new RuleLint(surroundings, policy, direction, i, findings).look(useful);
      }
    }
    Redundancy.of(policy, beside)
        .ifPresent(
            by ->
                findings.add(
                    new Finding(
                        policy.key(),
                        Code.REDUNDANT,
                        Severity.INFO,
                        "",
                        by.key() + " isolates the same pods and allows all that this policy does",
                        "remove it, unless it is meant to stay when " + by.key() + " goes")));
    if (useful) {
      DnsLint.of(policy, beside, surroundings).ifPresent(findings::add);
    }
  }

  /** Whether the policy holds any pod; a namespace without pods may be about to get some. */
  private boolean selects(NetworkPolicy policy, Collection<Finding> findings) {
    List<Pod> inside = surroundings.podsIn(policy.key().namespace());
    if (inside.stream().anyMatch(policy::selects)) {
      return true;
    }
    if (policy.podSelector().isEverything()) {
      return false;
    }
    boolean onHost =
        inside.stream()
            .anyMatch(pod -> pod.hostNetwork() && policy.podSelector().matches(pod.labels()));
    findings.add(
        new Finding(
            policy.key(),
            Code.SELECTS_NOTHING,
            Severity.WARNING,
            "podSelector",
            onHost
                ? "only pods on the host network have " + policy.podSelector()
                : "no pod of namespace "
                    + policy.key().namespace()
                    + " has "
                    + policy.podSelector(),
            onHost
                ? "policies cannot hold these pods; protect them on the host"
                : "check the labels against those of the pods"));
    return false;
  }

  /** The pods and namespaces that policies meet, of one moment. */
  static final class Surroundings {
    private final Map<String, List<Pod>> pods = new HashMap<>();
    private final List<Namespace> namespaces;
    private final List<Node> nodes;

    Surroundings(Cluster cluster) {
      for (Pod pod : cluster.pods()) {
        if (!pod.finished()) {
          pods.computeIfAbsent(pod.key().namespace(), n -> new ArrayList<>()).add(pod);
        }
      }
      namespaces = cluster.namespaces();
      nodes = cluster.nodes();
    }

    boolean hasPods() {
      return !pods.isEmpty();
    }

    List<Pod> podsIn(String namespace) {
      return pods.getOrDefault(namespace, List.of());
    }

    List<Namespace> namespaces() {
      return namespaces;
    }

    List<Node> nodes() {
      return nodes;
    }
  }
}
