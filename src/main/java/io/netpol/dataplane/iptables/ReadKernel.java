package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ipset.SavedSets;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.render.RenderOptions;
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
        FilterTable table = new FilterTable(family, RenderOptions.DEFAULT);
        ObservedState present = new ObservedState(table, true);
        present.readChains(table.read(saved.get(IptablesTools.of(family))));
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
