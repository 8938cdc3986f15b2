package io.netpol.dataplane.render;

import io.netpol.index.AddressSetKey;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds the rules of one pod in one family.
 *
 * @param addresses the pod's addresses of the family
 * @param chains the pod's chains by direction; empty if it is not isolated
 * @param denies the directions in which it is isolated by enforced policies, even if it has no
 *     chain because it has no address of the family
 * @param sets the sets that its rules match
 * @param pods the keys of the peers that its rules use, as sets or one by one: when their members
 *     change, the sets or the rules do
 */
public record PodRules(
    ObjectKey pod,
    List<IpAddress> addresses,
    Map<Direction, Chain> chains,
    Set<Direction> denies,
    Set<AddressSet> sets,
    Set<AddressSetKey> pods) {

  public PodRules {
    addresses = List.copyOf(addresses);
    chains = Map.copyOf(chains);
    denies = Set.copyOf(denies);
    sets = Set.copyOf(sets);
    pods = Set.copyOf(pods);
  }
}
