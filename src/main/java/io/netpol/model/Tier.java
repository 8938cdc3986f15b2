package io.netpol.model;

/**
 * Names a tier of policies, in the order of evaluation. A connection that no tier decides is
 * accepted.
 *
 * @see <a href="https://network-policy-api.sigs.k8s.io/api-overview/">Network Policy API</a>
 */
public enum Tier {
  /** The ClusterNetworkPolicies of the tier {@code Admin}. */
  ADMIN,
  /**
   * The NetworkPolicies of {@code networking.k8s.io}; final for the pods that one of them isolates.
   */
  NETWORK_POLICY,
  /** The ClusterNetworkPolicies of the tier {@code Baseline}. */
  BASELINE
}
