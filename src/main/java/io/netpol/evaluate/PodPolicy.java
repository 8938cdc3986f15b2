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
 * Combines all policies that apply to one pod in one direction. The evaluator and the renderer both
 * read it, and share nothing else. It is a snapshot of the cluster.
 *
 * @param direction the direction, seen from the pod
 * @param tiers the tiers with policies for the pod, in the order of evaluation; a connection that
 *     no tier decides is accepted, so empty means that no policy selects the pod
 */
public record PodPolicy(Direction direction, List<TierRules> tiers) {

  /**
   * Holds the rules of one tier. The first rule that matches a connection decides.
   *
   * @param policies the policies that select the pod, in order, those without rules included; empty
   *     if only default isolation applies
   * @param rules in the order of evaluation
   * @param otherwise the action for a connection that no rule matches: {@code DENY} if the tier
   *     isolates the pod, else {@code PASS}
   * @param auditMode whether connections that the tier denies are logged or counted, and pass
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
     * Returns whether a connection that no rule of this tier matches is denied, regardless of audit
     * mode.
     */
    public boolean isolates() {
      return otherwise == RuleAction.DENY;
    }
  }

  /**
   * Holds a rule with its policy.
   *
   * @param policy the policy of the rule
   * @param number its number among the policy's rules of this direction, from 1
   * @param action the action for a connection that the rule matches
   */
  public record PolicyRule(ObjectKey policy, int number, RuleAction action, Rule rule) {}

  public PodPolicy {
    tiers = List.copyOf(tiers);
  }

  /**
   * Returns the policy that is enforced on the pod. Policies in audit mode are left out if another
   * policy or default isolation isolates the pod, because audit mode never allows traffic that an
   * enforced policy denies.
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

  /** Returns the policy that would be enforced on the pod without audit mode. */
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

  /** Returns whether no policy applies to the pod in this direction. */
  public boolean isEmpty() {
    return tiers.isEmpty();
  }

  /**
   * Returns whether a connection that no rule matches is denied, or would be without audit mode.
   */
  public boolean isolates() {
    return tiers.stream().anyMatch(TierRules::isolates);
  }

  /**
   * Returns whether anything is denied: an enforced tier isolates the pod or has a rule that
   * denies.
   */
  public boolean denies() {
    return tiers.stream()
        .filter(tier -> !tier.auditMode())
        .anyMatch(
            tier ->
                tier.isolates()
                    || tier.rules().stream().anyMatch(rule -> rule.action() == RuleAction.DENY));
  }

  /** Returns the policies that select the pod, in order; see {@link TierRules#policies}. */
  public List<ObjectKey> policies() {
    return tiers.stream().flatMap(tier -> tier.policies().stream()).toList();
  }

  /** Returns all rules in the order of evaluation. */
  public Stream<PolicyRule> rules() {
    return tiers.stream().flatMap(tier -> tier.rules().stream());
  }
}
