package io.netpol.model;

/**
 * Decides about a connection that a rule matches ({@code ClusterNetworkPolicyRuleAction} of {@code
 * policy.networking.k8s.io}; the rules of a NetworkPolicy can only accept).
 */
public enum RuleAction {
  /** Allows the connection; later rules do not apply. */
  ACCEPT,
  /** Denies the connection; later rules do not apply. */
  DENY,
  /** Leaves the connection to the next tier; later rules of this tier do not apply. */
  PASS
}
