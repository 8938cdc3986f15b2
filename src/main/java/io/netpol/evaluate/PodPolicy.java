package io.netpol.evaluate;

import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.model.Rule;
import io.netpol.model.RuleAction;
import io.netpol.model.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What all policies together say of one pod in one direction. The evaluator and the renderer read
 * it, and share nothing else. It is a value: it stays as the cluster was when it was made.
 *
 * @param direction the direction, seen from the pod
 * @param tiers those that decide something, in the order in which they do; a connection that none
 *     decides is accepted, so empty means that no policy holds for the pod
 */
public record PodPolicy(Direction direction, List<TierRules> tiers) {

  /**
   * The rules of one tier. The first that matches a connection decides.
   *
   * @param policies those that hold for the pod, in order, those without a rule too; empty where
   *     default isolation alone does
   * @param rules in the order in which they are looked at
   * @param otherwise what becomes of a connection that no rule matches: {@code DENY} where the tier
   *     isolates the pod, else {@code PASS}
   * @param auditMode whether what the tier denies is noted, and passes
   */
  public record TierRules(
      Tier tier,
      List<ObjectKey> policies,
      List<PolicyRule> rules,
      RuleAction otherwise,
      boolean auditMode) {

    public TierRules {
      policies = List.copyOf(policies);
      rules = List.copyOf(rules);
    }

    /**
     * Returns whether a connection that no rule of this tier matches is denied, audit mode or not.
     */
    public boolean isolates() {
      return otherwise == RuleAction.DENY;
    }
  }

  /**
   * A rule of a policy.
   *
   * @param policy whose rule it is
   * @param number its number among the policy's rules of this direction, from 1
   * @param action what becomes of a connection that it matches
   */
  public record PolicyRule(ObjectKey policy, int number, RuleAction action, Rule rule) {}

  public PodPolicy {
    tiers = List.copyOf(tiers);
  }

  /**
   * Returns what is enforced on the pod. Policies in audit mode count where nothing else isolates
   * it: what they allow must not widen what others deny.
   */
  public static PodPolicy of(Cluster cluster, Pod pod, Direction direction) {
    return cluster.withLock(
        () -> {
          List<NetworkPolicy> all = cluster.selecting(pod, direction);
          List<NetworkPolicy> enforced = all.stream().filter(p -> !p.audited()).toList();
          boolean byDefault = cluster.isIsolatedByDefault(pod, direction);
          boolean auditMode = cluster.auditsAll() || !byDefault && enforced.isEmpty();
          return of(direction, auditMode ? all : enforced, byDefault, auditMode);
        });
  }

  /** Returns what would be enforced on the pod, were nothing in audit mode. */
  public static PodPolicy ifEnforced(Cluster cluster, Pod pod, Direction direction) {
    return cluster.withLock(
        () ->
            of(
                direction,
                cluster.selecting(pod, direction),
                cluster.isIsolatedByDefault(pod, direction),
                false));
  }

  private static PodPolicy of(
      Direction direction, List<NetworkPolicy> policies, boolean byDefault, boolean auditMode) {
    if (policies.isEmpty() && !byDefault) {
      return new PodPolicy(direction, List.of());
    }
    List<PolicyRule> rules = new ArrayList<>();
    for (NetworkPolicy policy : policies) {
      int number = 0;
      for (Rule rule : policy.rules(direction)) {
        rules.add(new PolicyRule(policy.key(), ++number, RuleAction.ACCEPT, rule));
      }
    }
    List<ObjectKey> keys = policies.stream().map(NetworkPolicy::key).toList();
    return new PodPolicy(
        direction,
        List.of(new TierRules(Tier.NETWORK_POLICY, keys, rules, RuleAction.DENY, auditMode)));
  }

  /** Returns whether no policy says anything of the pod in this direction. */
  public boolean isEmpty() {
    return tiers.isEmpty();
  }

  /**
   * Returns whether a connection that no rule matches is denied, or would be without audit mode.
   */
  public boolean isolates() {
    return tiers.stream().anyMatch(TierRules::isolates);
  }

  /** Returns whether something is denied: a tier isolates the pod or has a rule that denies. */
  public boolean denies() {
    return tiers.stream()
        .filter(tier -> !tier.auditMode())
        .anyMatch(
            tier ->
                tier.isolates()
                    || tier.rules().stream().anyMatch(rule -> rule.action() == RuleAction.DENY));
  }

  /** Returns the policies that hold for the pod, in order; see {@link TierRules#policies}. */
  public List<ObjectKey> policies() {
    return tiers.stream().flatMap(tier -> tier.policies().stream()).toList();
  }

  /** Returns all rules in the order in which they are looked at. */
  public Stream<PolicyRule> rules() {
    return tiers.stream().flatMap(tier -> tier.rules().stream());
  }
}
