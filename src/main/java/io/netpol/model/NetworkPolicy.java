package io.netpol.model;

import java.util.List;
import java.util.Map;

/**
 * What a {@code networking.k8s.io/v1} NetworkPolicy asks for.
 *
 * @param key namespace and name
 * @param podSelector the pods of its namespace that it isolates
 * @param rules by direction; a direction without an entry is not isolated by this policy, an empty
 *     list isolates and admits nothing
 * @param audited whether its annotation {@value #AUDIT_ANNOTATION} asks that what it denies is
 *     noted, and passes
 */
public record NetworkPolicy(
    ObjectKey key, LabelSelector podSelector, Map<Direction, List<Rule>> rules, boolean audited) {

  /** {@code true} or {@code false}, which is what it is where absent. */
  public static final String AUDIT_ANNOTATION = "netpol.io/audit";

  /** One that is enforced. */
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
   * Returns the rules of a direction in the order of the spec; empty also where it does not
   * isolate.
   */
  public List<Rule> rules(Direction direction) {
    return rules.getOrDefault(direction, List.of());
  }

  /**
   * Returns whether the policy selects this pod: same namespace, matching labels, and a pod it can
   * hold.
   */
  public boolean selects(Pod pod) {
    return key.namespace().equals(pod.key().namespace())
        && pod.hasOwnNetwork()
        && podSelector.matches(pod.labels());
  }
}
