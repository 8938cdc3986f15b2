package io.netpol.model;

/**
 * What becomes of a connection that a rule matches ({@code ClusterNetworkPolicyRuleAction} of
 * {@code policy.networking.k8s.io}; the rules of a NetworkPolicy can accept only).
 */
public enum RuleAction {
  /** Allows it: no further rule is looked at. */
  ACCEPT,
  /** Denies it: no further rule is looked at. */
  DENY,
  /** Leaves it to the next tier: no further rule of this one is looked at. */
  PASS
}
