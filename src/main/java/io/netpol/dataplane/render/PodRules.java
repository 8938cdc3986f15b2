package io.netpol.dataplane.render;

import io.netpol.index.AddressSetKey;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds everything that the kernel must have for one pod in one family.
 *
 * @param addresses the pod's addresses of the family
 * @param chains the pod's chains by direction; none where it is not isolated
 * @param denies the directions in which it is isolated, and not only audited; also where it has no
 *     chain, because it has no address of the family
 * @param sets the sets that its rules match against
 * @param pods the pods that its rules name, whether as sets or one by one: when these change, the
 *     sets, or the rules, do
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
