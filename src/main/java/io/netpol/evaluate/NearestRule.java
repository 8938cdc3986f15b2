package io.netpol.evaluate;

import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import java.util.List;

/**
 * The rule that comes closest to admitting a connection, and what keeps it from that.
 *
 * @param policy whose rule it is
 * @param rule the number of the rule in its direction, from 1
 * @param peer the peer of the rule that comes closest; null where the rule has none that is
 *     readable
 * @param port the port of the rule that comes closest; null where it has none that is readable
 * @param why at least one
 */
public record NearestRule(
    ObjectKey policy, int rule, Peer peer, PortMatch port, List<Mismatch> why) {

  public NearestRule {
    why = List.copyOf(why);
  }
}
