package io.netpol.model;

import java.util.List;
import java.util.Map;

/**
 * Represents a NetworkPolicy ({@code networking.k8s.io/v1}).
 *
 * @param key namespace and name
 * @param podSelector the pods of its namespace that the policy selects
 * @param rules by direction; a direction without an entry is not isolated by this policy, an empty
 *     list isolates and allows nothing
 * @param audited whether the policy is in audit mode by its annotation {@value #AUDIT_ANNOTATION}:
 *     connections that it denies are logged or counted, and pass
 */
public record NetworkPolicy(
    ObjectKey key, LabelSelector podSelector, Map<Direction, List<Rule>> rules, boolean audited) {

  /**
   * The annotation that puts a policy in audit mode: {@code true} or {@code false}, the default.
   */
  public static final String AUDIT_ANNOTATION = "netpol.io/audit";

  /** Makes a policy that is enforced. */
  public NetworkPolicy(ObjectKey key, LabelSelector podSelector, Map<Direction, List<Rule>> rules) {
    this(key, podSelector, rules, false);
  }

  public NetworkPolicy {
    rules = Map.copyOf(rules);
  }

  /** Returns whether the policy isolates the pods it selects in this direction. */
  public boolean isolates(Direction direction) {
    return rules.containsKey(direction);
  }

  /**
   * Returns the rules of a direction in the order of the spec; empty also if the policy does not
   * isolate pods in it.
   */
  public List<Rule> rules(Direction direction) {
    return rules.getOrDefault(direction, List.of());
  }

  /**
   * Returns whether the policy selects the pod: the namespace is the same, the labels match, and
   * the pod has a network of its own.
   */
  public boolean selects(Pod pod) {
    return key.namespace().equals(pod.key().namespace())
        && pod.hasOwnNetwork()
        && podSelector.matches(pod.labels());
  }
}
