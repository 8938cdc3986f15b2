package io.netpol.dataplane.iptables;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.ipset.IpSet;
import io.netpol.dataplane.ipset.IpSetDiff;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds what the sets of one family lack and have too much: by the members that came or went since
 * the last time, and member by member only where that does not say it all.
 */
final class IpSetReconciler {

  private final Cluster cluster;
  private final DesiredState wanted;
  private final ObservedState present;

  /** Sets whose difference was asked for, and not delivered. */
  private final Set<AddressSetKey> suspects = new HashSet<>();

  /** Names of sets that somebody else changed, and that were not written since. */
  private final Set<String> drifted = new HashSet<>();

  IpSetReconciler(Cluster cluster, DesiredState wanted, ObservedState present) {
    this.cluster = cluster;
    this.wanted = wanted;
    this.present = present;
  }

  /** These were found changed. */
  void changedByOthers(List<Drift> drift) {
    drift.forEach(one -> drifted.add(one.name()));
  }

  /** What was found of these sets is in the kernel. */
  void delivered(Set<AddressSetKey> compared) {
    suspects.removeAll(compared);
    drifted.clear();
  }

  /** Nobody knows whether what was found of these sets is in the kernel. */
  void notDelivered(Set<AddressSetKey> compared) {
    suspects.addAll(compared);
  }

  /** The set is followed no more. */
  void forget(AddressSetKey set) {
    suspects.remove(set);
  }

  /**
   * Compares sets with what the kernel has.
   *
   * @param sets that may be missing or of another kind, by name
   * @param whole whether these are compared member by member, as they are, too, where the kernel's
   *     were not known before they were read
   * @param due sets of this family of which members came or went
   * @param compared gets the sets of pods that were compared, also where this ends with an
   *     exception
   * @param differences gets what was found
   */
  void compare(
      Map<String, IpSet> sets,
      boolean whole,
      Set<AddressSetKey> due,
      Set<AddressSetKey> compared,
      IpSetDiff differences) {
    for (AddressSetKey pods : due) {
      if (cluster.isTracked(pods)) {
        IpSet set = IpSet.of(pods);
        sets.putIfAbsent(set.name(), set);
      }
    }
    boolean all = whole || present.isUncertain();
    sets.values().forEach(set -> compare(set, all, due, compared, differences));
  }

  private void compare(
      IpSet set,
      boolean whole,
      Set<AddressSetKey> due,
      Set<AddressSetKey> compared,
      IpSetDiff differences) {
    ObservedSet has = present.sets().get(set.name());
    boolean unused = !wanted.sets().containsKey(set.name());
    boolean all =
        whole || unused || has == null || !set.isLike(has) || drifted.contains(set.name());
    if (set.pods().isEmpty()) {
      if (all) {
        differences.compare(set, present.sets(), set.entries());
      }
      return;
    }
    AddressSetKey pods = set.pods().get();
    boolean isDue = due.contains(pods);
    if (all || isDue && suspects.contains(pods)) {
      compared.add(pods);
      cluster.takeTouched(pods);
      List<String> entries = new ArrayList<>();
      cluster.members(pods).forEach(member -> entries.add(IpSet.text(member)));
      differences.compare(set, present.sets(), entries);
    } else if (isDue) {
      compared.add(pods);
      for (AddressSetKey.Member member : new TreeSet<>(cluster.takeTouched(pods))) {
        differences.compare(
            set, present.sets(), IpSet.text(member), cluster.hasMember(pods, member));
      }
    }
  }
}
