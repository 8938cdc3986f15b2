package io.netpol.evaluate;

import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import java.util.List;

/**
 * Names the rule that comes closest to allowing a connection, and explains why it does not.
 *
 * @param policy the policy of the rule
 * @param rule the number of the rule in its direction, from 1
 * @param peer the peer of the rule that comes closest; null if the rule has no valid one
 * @param port the port of the rule that comes closest; null if the rule has no valid one
 * @param why the differences; at least one
 */
public record NearestRule(
    ObjectKey policy, int rule, Peer peer, PortMatch port, List<Mismatch> why) {

  public NearestRule {
    why = List.copyOf(why);
  }
}
