package io.netpol.observe;

import java.util.List;

/**
 * A policy as the agent sees it.
 *
 * @param type {@code ingress}, {@code egress} or {@code both}
 * @param effect {@code default-deny-ingress} and the like, or {@code selective}
 * @param localPods how many pods of this node it selects
 * @param pods the first of them
 * @param rules what its rules name, with how many pods that is
 * @param problems what was not understood of it
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
   * Whom a rule names.
   *
   * @param pods how many pods of the cluster that means now; null where it names no pods
   */
  record PeerView(String peer, Integer pods) {}
}
