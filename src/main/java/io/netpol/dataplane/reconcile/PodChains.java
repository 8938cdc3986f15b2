package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.Enforcement.EnforcedChain;
import io.netpol.dataplane.Enforcement.EnforcedSet;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.PodRules;
import io.netpol.index.AddressSetKey;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Holds the rules of one pod in one family, in the syntax of the tool.
 *
 * @param chains the pod's chains with their rules, by name; empty if it is not isolated
 * @param entries the dispatch to its chains by address
 * @param denies the directions in which it is isolated by enforced policies, even if it has no
 *     chain because it has no address of the family
 * @param sets the sets that its rules match
 * @param pods the keys of the peers that its rules use, as sets or one by one: when their members
 *     change, the sets or the rules do
 */
public record PodChains(
    Map<String, List<String>> chains,
    List<Entry> entries,
    Set<Direction> denies,
    Set<KernelSet> sets,
    Set<AddressSetKey> pods) {

  /**
   * Dispatches packets from and to one address of the pod to its chains.
   *
   * @param from null if the pod is not isolated for egress
   * @param to null if the pod is not isolated for ingress
   */
  public record Entry(ObjectKey pod, IpAddress address, String from, String to) {}

  /** Writes the rules of a pod. */
  static PodChains of(PodRules rules, FamilyBackend backend) {
    return of(
        rules.pod(),
        rules.addresses(),
        rules.chains().values().stream()
            .collect(Collectors.toMap(chain -> backend.chainName(chain.name()), backend::write)),
        rules.denies(),
        rules.sets().stream().map(backend::set).collect(Collectors.toUnmodifiableSet()),
        rules.pods());
  }

  /** Makes the rules of a pod from chains that are in the kernel. */
  public static PodChains of(
      ObjectKey pod,
      Collection<IpAddress> addresses,
      Map<String, List<String>> chains,
      Set<Direction> denies,
      Set<KernelSet> sets,
      Set<AddressSetKey> pods) {
    String from = null;
    String to = null;
    for (String chain : chains.keySet()) {
      if (Names.directionOfPodChain(chain).orElseThrow() == Direction.EGRESS) {
        from = chain;
      } else {
        to = chain;
      }
    }
    List<Entry> entries = new ArrayList<>();
    for (IpAddress address : addresses) {
      entries.add(new Entry(pod, address, from, to));
    }
    return new PodChains(chains, entries, Set.copyOf(denies), sets, pods);
  }

  /** Returns the addresses that are dispatched. */
  Set<IpAddress> addresses() {
    return entries.stream().map(Entry::address).collect(Collectors.toUnmodifiableSet());
  }

  /** Returns whether both have the same dispatch. */
  boolean isFoundAs(PodChains other) {
    return entries.equals(other.entries)
        && denies.equals(other.denies)
        && chains.keySet().equals(other.chains.keySet());
  }

  /** Returns a description for people. */
  Enforcement enforcement() {
    Map<Direction, EnforcedChain> byDirection = new EnumMap<>(Direction.class);
    chains.forEach(
        (chain, rules) ->
            byDirection.put(
                Names.directionOfPodChain(chain).orElseThrow(),
                new EnforcedChain(chain, rules.size())));
    return new Enforcement(
        byDirection,
        sets.stream()
            .map(set -> new EnforcedSet(set.name(), set.pods(), set.entries().size()))
            .toList());
  }
}
