package io.netpol.model;

/**
 * A level of policies, in the order in which they decide. What no tier decides is accepted.
 *
 * @see <a href="https://network-policy-api.sigs.k8s.io/api-overview/">Network Policy API</a>
 */
public enum Tier {
  /** ClusterNetworkPolicies of the tier {@code Admin}. */
  ADMIN,
  /** NetworkPolicies of {@code networking.k8s.io}; final for the pods that one of them isolates. */
  NETWORK_POLICY,
  /** ClusterNetworkPolicies of the tier {@code Baseline}. */
  BASELINE
}
