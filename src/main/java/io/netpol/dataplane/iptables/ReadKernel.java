package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.dataplane.ipset.SavedSets;
import io.netpol.net.Family;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * Holds a snapshot of the kernel, parsed from listings. It is compared with the desired state, and
 * does not change the observed state of the dataplane.
 */
final class ReadKernel implements KernelSnapshot {

  private final Map<Family, ObservedState> byFamily = new EnumMap<>(Family.class);

  /**
   * Parses the listings.
   *
   * @param saved the listing of each of {@link IptablesTools#ALL}
   */
  ReadKernel(Map<KernelTool, String> saved) {
    Map<Family, Map<String, ObservedSet>> sets =
        SavedSets.read(saved.getOrDefault(IptablesTools.IPSET, ""));
    for (Family family : Family.values()) {
      if (saved.containsKey(IptablesTools.of(family))) {
        ObservedState present = new ObservedState(family);
        present.readTable(saved.get(IptablesTools.of(family)));
        present.readSets(sets.getOrDefault(family, new HashMap<>()));
        byFamily.put(family, present);
      }
    }
  }

  /** Returns the state of a family; null if its tool was not run. */
  ObservedState of(Family family) {
    return byFamily.get(family);
  }
}
