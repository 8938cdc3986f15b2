package io.netpol.analysis.lint;

import io.netpol.analysis.lint.Finding.Code;
import io.netpol.analysis.lint.Finding.Severity;
import io.netpol.analysis.lint.Surroundings.Which;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
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
    // A policy may be in a namespace that is not known yet.
    for (Namespace namespace : namespaces) {
      policies.put(namespace.name(), cluster.policies(namespace.name()));
    }
  }

  /** Returns all findings, in order of the policies' names. */
  public static List<Finding> of(Cluster cluster) {
    return of(cluster, policy -> true);
  }

  /** Returns the findings of some policies, in order of their names. */
  public static List<Finding> of(Cluster cluster, Predicate<NetworkPolicy> which) {
    PolicyLint lint = cluster.withLock(() -> new PolicyLint(cluster));
    TreeSet<Finding> findings = new TreeSet<>();
    for (List<NetworkPolicy> inNamespace : lint.policies.values()) {
      List<NetworkPolicy> asked = inNamespace.stream().filter(which).toList();
      if (!asked.isEmpty()) {
        lint.namespace(asked, inNamespace, findings);
      }
    }
    return List.copyOf(findings);
  }

  private void namespace(
      List<NetworkPolicy> asked, List<NetworkPolicy> all, Collection<Finding> findings) {
    Redundancy redundancy = new Redundancy(all);
    DnsLint dns = new DnsLint(all, surroundings);
    for (NetworkPolicy policy : asked) {
      boolean useful = !surroundings.hasPods() || selects(policy, findings);
      for (Direction direction : Direction.values()) {
        for (int i = 0; i < policy.rules(direction).size(); i++) {
          new RuleLint(surroundings, policy, direction, i, findings).look(useful);
        }
      }
      redundancy.of(policy).ifPresent(by -> findings.add(redundant(policy, by)));
      if (useful) {
        dns.of(policy).ifPresent(findings::add);
      }
    }
  }

  private static Finding redundant(NetworkPolicy policy, NetworkPolicy by) {
    return new Finding(
        policy.key(),
        Code.REDUNDANT,
        Severity.INFO,
        "",
        by.key() + " isolates the same pods and allows all that this policy does",
        Redundancy.allowsEverything(by, policy)
            ? "check whether "
                + by.key()
                + " is meant to allow everything; this policy has no effect beside it"
            : "remove it, unless it is meant to stay when " + by.key() + " goes");
  }

  /**
   * Returns whether the policy holds any pod; a namespace without pods may be about to get some.
   */
  private boolean selects(NetworkPolicy policy, Collection<Finding> findings) {
    String namespace = policy.key().namespace();
    LabelSelector selector = policy.podSelector();
    if (surroundings.meant(Which.OWN_NETWORK, namespace, selector).findAny().isPresent()) {
      return true;
    }
    if (selector.isEverything()) {
      return false;
    }
    boolean onHost = surroundings.meant(Which.ON_HOST, namespace, selector).findAny().isPresent();
    boolean finished =
        !onHost && surroundings.meant(Which.FINISHED, namespace, selector).findAny().isPresent();
    findings.add(
        new Finding(
            policy.key(),
            Code.SELECTS_NOTHING,
            finished ? Severity.INFO : Severity.WARNING,
            "podSelector",
            onHost
                ? "only pods on the host network have " + selector
                : finished
                    ? "only pods that have finished have " + selector
                    : "no pod of namespace " + namespace + " has " + selector,
            onHost
                ? "policies cannot hold these pods; protect them on the host"
                : finished
                    ? "nothing, where pods with these labels run again"
                    : "check the labels against those of the pods"));
    return false;
  }
}
