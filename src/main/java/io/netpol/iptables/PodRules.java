package io.netpol.iptables;

import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Pod;
import io.netpol.policy.PodSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that the kernel must have for one pod in one family.
 *
 * @param chains the pod's chains with their rules, by name; none where it is not isolated
 * @param entries how its packets are found by its addresses
 * @param closes the directions in which it is isolated, and not only audited; also where it has no
 *     chain, because it has no address of the family
 * @param sets the sets that its rules match against
 * @param pods the pods that its rules name, whether as sets or one by one: when these change, the
 *     sets, or the rules, do
 */
public record PodRules(
    Map<String, List<String>> chains,
    List<Entry> entries,
    Set<Direction> closes,
    Set<IpSet> sets,
    Set<PodSet> pods) {

  /**
   * The chains for packets from and to one address of the pod.
   *
   * @param from null where the pod is not isolated for egress
   * @param to null where the pod is not isolated for ingress
   */
  record Entry(ObjectKey pod, IpAddress address, String from, String to) {}

  /** The rules of a pod that has these chains. */
  static PodRules of(
      Pod pod,
      Family family,
      Map<String, List<String>> chains,
      Set<Direction> closes,
      Set<IpSet> sets,
      Set<PodSet> pods) {
    String from = Names.podChain(Direction.EGRESS, pod.key());
    String to = Names.podChain(Direction.INGRESS, pod.key());
    List<Entry> entries = new ArrayList<>();
    for (IpAddress address : pod.addresses(family)) {
      entries.add(
          new Entry(
              pod.key(),
              address,
              chains.containsKey(from) ? from : null,
              chains.containsKey(to) ? to : null));
    }
    return new PodRules(chains, entries, Set.copyOf(closes), sets, pods);
  }

  /** Whether packets find their way to the chains of both in the same manner. */
  boolean isFoundAs(PodRules other) {
    return entries.equals(other.entries)
        && closes.equals(other.closes)
        && chains.keySet().equals(other.chains.keySet());
  }
}
