package io.netpol.iptables;

import io.netpol.policy.Family;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * What the tools printed of the kernel just now. The data plane compares it with what is wanted,
 * and takes nothing of it over: what it knows of the kernel stays as it is.
 */
public final class KernelSnapshot {

  private final Map<Family, Present> byFamily = new EnumMap<>(Family.class);

  /**
   * Reads what was printed.
   *
   * @param saved what each of {@link Dataplane#tools} printed
   */
  public KernelSnapshot(Map<Tool, String> saved) {
    Map<Family, Map<String, PresentSet>> sets = SavedSets.read(saved.getOrDefault(Tool.IPSET, ""));
    for (Family family : Family.values()) {
      if (saved.containsKey(Tool.of(family))) {
        Present present = new Present(family);
        present.readTable(saved.get(Tool.of(family)));
        present.readSets(sets.getOrDefault(family, new HashMap<>()));
        byFamily.put(family, present);
      }
    }
  }

  /** What the kernel has of a family's; null where the family's tool was not asked. */
  Present of(Family family) {
    return byFamily.get(family);
  }
}
