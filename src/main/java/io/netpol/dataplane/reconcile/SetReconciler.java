package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares the sets of one family with the kernel's: only the members that changed since the last
 * comparison, and all members if that is not enough.
 */
final class SetReconciler {

  private final FamilyBackend backend;
  private final Cluster cluster;
  private final DesiredState desired;
  private final ObservedState observed;

  /** Sets whose difference was planned and not confirmed. */
  private final Set<AddressSetKey> suspects = new HashSet<>();

  /** Names of sets that others changed and that were not repaired yet. */
  private final Set<String> drifted = new HashSet<>();

  SetReconciler(
      FamilyBackend backend, Cluster cluster, DesiredState desired, ObservedState observed) {
    this.backend = backend;
    this.cluster = cluster;
    this.desired = desired;
    this.observed = observed;
  }

  /** Records sets that others changed. */
  void changedByOthers(List<Drift> drift) {
    drift.forEach(one -> drifted.add(one.name()));
  }

  /** Records that the differences of these sets are in the kernel. */
  void delivered(Set<AddressSetKey> compared) {
    suspects.removeAll(compared);
    drifted.clear();
  }

  /** Records that the differences of these sets may or may not be in the kernel. */
  void notDelivered(Set<AddressSetKey> compared) {
    suspects.addAll(compared);
  }

  /** Forgets a set that is no longer tracked. */
  void forget(AddressSetKey set) {
    suspects.remove(set);
  }

  /**
   * Compares sets with the kernel's.
   *
   * @param sets the sets that may be missing or of another type, by name
   * @param whole whether to compare all members, as is also done if the kernel's were unknown
   *     before the last listing
   * @param changed the sets of this family whose members changed
   * @param compared receives the keys of the sets that were compared, even if this throws
   * @param differences receives the differences
   */
  void compare(
      Map<String, KernelSet> sets,
      boolean whole,
      Set<AddressSetKey> changed,
      Set<AddressSetKey> compared,
      SetDiff differences) {
    for (AddressSetKey pods : changed) {
      if (cluster.isTracked(pods)) {
        KernelSet set = backend.set(AddressSet.of(pods));
        sets.putIfAbsent(set.name(), set);
      }
    }
    boolean all = whole || observed.isUncertain();
    sets.values().forEach(set -> compare(set, all, changed, compared, differences));
  }

  private void compare(
      KernelSet set,
      boolean whole,
      Set<AddressSetKey> changed,
      Set<AddressSetKey> compared,
      SetDiff differences) {
    ObservedSet has = observed.sets().get(set.name());
    boolean unused = !desired.sets().containsKey(set.name());
    boolean all =
        whole || unused || has == null || !set.isLike(has) || drifted.contains(set.name());
    if (set.pods().isEmpty()) {
      if (all) {
        differences.compare(set, observed.sets(), set.entries());
      }
      return;
    }
    AddressSetKey pods = set.pods().get();
    boolean isChanged = changed.contains(pods);
    if (all || isChanged && suspects.contains(pods)) {
      compared.add(pods);
      cluster.takeTouched(pods);
      List<String> entries = new ArrayList<>();
      cluster.members(pods).forEach(member -> entries.add(KernelSet.text(member)));
      differences.compare(set, observed.sets(), entries);
    } else if (isChanged) {
      compared.add(pods);
      for (AddressSetKey.Member member : new TreeSet<>(cluster.takeTouched(pods))) {
        differences.compare(
            set, observed.sets(), KernelSet.text(member), cluster.hasMember(pods, member));
      }
    }
  }
}
