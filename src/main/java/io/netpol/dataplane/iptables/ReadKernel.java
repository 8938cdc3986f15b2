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
 * What the tools printed of the kernel just now. The data plane compares it with what is wanted,
 * and takes nothing of it over: what it knows of the kernel stays as it is.
 */
final class ReadKernel implements KernelSnapshot {

  private final Map<Family, ObservedState> byFamily = new EnumMap<>(Family.class);

  /**
   * Reads what was printed.
   *
   * @param saved what each of {@link IptablesTools#ALL} printed
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

  /** Returns what the kernel has of a family's; null where the family's tool was not asked. */
  ObservedState of(Family family) {
    return byFamily.get(family);
  }
}
