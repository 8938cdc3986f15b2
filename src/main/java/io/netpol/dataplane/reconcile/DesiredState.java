package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.BridgePorts;
import io.netpol.index.AddressSetKey;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Holds what the kernel should have in one family for the pods of the node. It adopts a {@link
 * DesiredChange} only when all its transactions succeeded. The cost of both depends on the size of
 * the change, not of the state.
 */
public final class DesiredState {

  private final FamilyBackend backend;
  private final SortedMap<ObjectKey, PodChains> pods = new TreeMap<>();
  private Map<String, List<String>> base = Map.of();
  private List<Cidr> protectedCidrs = List.of();
  private BridgePorts ports = BridgePorts.UNFILTERED;
  private final Map<String, List<String>> podChains = new HashMap<>();
  private final Map<String, KernelSet> sets = new HashMap<>();
  private final Map<String, Set<ObjectKey>> usersOfSet = new HashMap<>();
  private final Map<AddressSetKey, Set<ObjectKey>> usersOfPods = new HashMap<>();

  /** Makes the desired state of a node without isolated pods. */
  public DesiredState(FamilyBackend backend) {
    this.backend = backend;
  }

  /**
   * Describes the desired state with other rules for some pods.
   *
   * @param base the base chains: entry and dispatch
   * @param changes the pods whose rules change; empty if a pod needs none any more
   */
  public record DesiredChange(
      Map<String, List<String>> base,
      List<Cidr> protectedCidrs,
      BridgePorts ports,
      Map<ObjectKey, Optional<PodChains>> changes) {

    /** Returns the sets that the rules of the changed pods use. */
    Collection<KernelSet> sets() {
      Map<String, KernelSet> used = new TreeMap<>();
      changes
          .values()
          .forEach(rules -> rules.ifPresent(r -> r.sets().forEach(s -> used.put(s.name(), s))));
      return used.values();
    }

    /** Returns the keys of the peers that the rules of the changed pods use. */
    Set<AddressSetKey> named() {
      Set<AddressSetKey> named = new HashSet<>();
      changes.values().forEach(rules -> rules.ifPresent(r -> named.addAll(r.pods())));
      return named;
    }
  }

  /**
   * Returns the change to other rules for some pods, other protected blocks and other bridge ports.
   */
  public DesiredChange with(
      Map<ObjectKey, Optional<PodChains>> asked, List<Cidr> nowProtected, BridgePorts nowPorts) {
    Map<ObjectKey, Optional<PodChains>> changes = new TreeMap<>();
    boolean entriesChange = !nowProtected.equals(protectedCidrs) || !nowPorts.equals(ports);
    for (Map.Entry<ObjectKey, Optional<PodChains>> change : asked.entrySet()) {
      Optional<PodChains> before = Optional.ofNullable(pods.get(change.getKey()));
      if (!before.equals(change.getValue())) {
        changes.put(change.getKey(), change.getValue());
        Optional<PodChains> after = change.getValue();
        entriesChange |=
            before.isEmpty() || after.isEmpty() || !before.get().isFoundAs(after.get());
      }
    }
    if (!entriesChange) {
      return new DesiredChange(base, protectedCidrs, ports, changes);
    }
    SortedMap<ObjectKey, PodChains> all = new TreeMap<>(pods);
    changes.forEach(
        (pod, rules) -> rules.ifPresentOrElse(r -> all.put(pod, r), () -> all.remove(pod)));
    return new DesiredChange(
        backend.base(all, nowProtected, nowPorts), nowProtected, nowPorts, changes);
  }

  /** Adopts a change that the kernel now has. */
  public void take(DesiredChange change) {
    base = change.base();
    protectedCidrs = change.protectedCidrs();
    ports = change.ports();
    change
        .changes()
        .forEach(
            (pod, rules) -> {
              PodChains before = pods.remove(pod);
              if (before != null) {
                podChains.keySet().removeAll(before.chains().keySet());
                before.sets().forEach(set -> unuse(usersOfSet, set.name(), pod));
                before.sets().stream()
                    .filter(set -> !usersOfSet.containsKey(set.name()))
                    .forEach(set -> sets.remove(set.name()));
                before.pods().forEach(named -> unuse(usersOfPods, named, pod));
              }
              rules.ifPresent(now -> add(pod, now));
            });
  }

  private void add(ObjectKey pod, PodChains rules) {
    pods.put(pod, rules);
    podChains.putAll(rules.chains());
    for (KernelSet set : rules.sets()) {
      sets.put(set.name(), set);
      usersOfSet.computeIfAbsent(set.name(), s -> new HashSet<>()).add(pod);
    }
    rules.pods().forEach(n -> usersOfPods.computeIfAbsent(n, s -> new HashSet<>()).add(pod));
  }

  private static <K> void unuse(Map<K, Set<ObjectKey>> users, K used, ObjectKey pod) {
    users.computeIfPresent(
        used,
        (key, pods) -> {
          pods.remove(pod);
          return pods.isEmpty() ? null : pods;
        });
  }

  /** Returns the pods that have rules, in order. */
  SortedMap<ObjectKey, PodChains> pods() {
    return pods;
  }

  /** Returns whether there are base chains. */
  boolean hasBase() {
    return !base.isEmpty();
  }

  /** Returns all chains, by name. */
  public Map<String, List<String>> chains() {
    Map<String, List<String>> all = new HashMap<>(podChains);
    all.putAll(base);
    return all;
  }

  /** Returns all chains after the change, by name. */
  Map<String, List<String>> chainsWith(DesiredChange change) {
    Map<String, List<String>> all = new HashMap<>(podChains);
    change
        .changes()
        .keySet()
        .forEach(
            pod -> {
              if (pods.containsKey(pod)) {
                all.keySet().removeAll(pods.get(pod).chains().keySet());
              }
            });
    all.putAll(changedChains(change));
    all.putAll(change.base());
    return all;
  }

  /** Returns the chains of the changed pods, and the base chains if they change. */
  Map<String, List<String>> changedChains(DesiredChange change) {
    Map<String, List<String>> changed = new HashMap<>();
    change.changes().values().forEach(rules -> rules.ifPresent(r -> changed.putAll(r.chains())));
    if (change.base() != base) {
      changed.putAll(change.base());
    }
    return changed;
  }

  /**
   * Returns the chains that must not exist after the change.
   *
   * @param suspected chains that may be in the kernel without being desired
   */
  Set<String> unwantedChains(DesiredChange change, Set<String> suspected) {
    Set<String> gone = new HashSet<>();
    if (change.base() != base) {
      gone.addAll(base.keySet());
    }
    for (ObjectKey pod : change.changes().keySet()) {
      if (pods.containsKey(pod)) {
        gone.addAll(pods.get(pod).chains().keySet());
      }
    }
    for (String chain : suspected) {
      if (!podChains.containsKey(chain)) {
        gone.add(chain);
      }
    }
    gone.removeAll(change.base().keySet());
    gone.removeAll(changedChains(change).keySet());
    return gone;
  }

  /** Returns the sets that rules match, by name. */
  Map<String, KernelSet> sets() {
    return sets;
  }

  /** Returns the keys of the peers that any rules use, as sets or one by one. */
  Set<AddressSetKey> named() {
    return usersOfPods.keySet();
  }

  /**
   * Returns the keys of the peers that the rules of the changed pods use, before or after the
   * change.
   */
  Set<AddressSetKey> namedByOrFor(DesiredChange change) {
    Set<AddressSetKey> named = change.named();
    for (ObjectKey pod : change.changes().keySet()) {
      if (pods.containsKey(pod)) {
        named.addAll(pods.get(pod).pods());
      }
    }
    return named;
  }

  /** Returns the pods whose rules use these peers. */
  Collection<ObjectKey> usersOf(AddressSetKey named) {
    return new ArrayList<>(usersOfPods.getOrDefault(named, Set.of()));
  }

  /** Returns the pods whose rules match the set. */
  Collection<ObjectKey> usersOf(KernelSet set) {
    return new ArrayList<>(usersOfSet.getOrDefault(set.name(), Set.of()));
  }
}
