package io.netpol.observe.console;

import java.util.List;

/**
 * Shows a policy.
 *
 * @param type {@code ingress}, {@code egress} or {@code both}
 * @param effect {@code default-deny-ingress} and the like, or {@code selective}
 * @param localPods the number of pods of this node that the policy selects
 * @param pods the first of these pods
 * @param rules the peers of each rule, with the number of pods that they select
 * @param problems the policy's invalid fields
 */
record PolicyView(
    String namespace,
    String policy,
    String type,
    String effect,
    int localPods,
    List<String> pods,
    List<RuleView> rules,
    List<String> problems) {

  /** One rule, counted from 1. */
  record RuleView(String direction, int rule, List<PeerView> peers) {}

  /**
   * A peer of a rule.
   *
   * @param pods the number of pods that the peer selects now; null if it is not a selector
   */
  record PeerView(String peer, Integer pods) {}
}
