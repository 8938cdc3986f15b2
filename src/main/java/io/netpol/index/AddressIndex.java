package io.netpol.index;

import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds pods with a network of their own by address. */
final class AddressIndex {

  /**
   * Keys only: the pods themselves are in the cluster, and change more often than their addresses.
   */
  private final Map<IpAddress, List<ObjectKey>> byAddress = new HashMap<>();

  /** Replaces the old state of a pod with the new one; null where there is none. */
  void replace(Pod before, Pod after) {
    List<IpAddress> old = addresses(before);
    List<IpAddress> now = addresses(after);
    if (old.equals(now)) {
      return;
    }
    for (IpAddress address : old) {
      byAddress.computeIfPresent(
          address,
          (a, keys) -> {
            List<ObjectKey> rest = new ArrayList<>(keys);
            rest.remove(before.key());
            return rest.isEmpty() ? null : List.copyOf(rest);
          });
    }
    for (IpAddress address : now) {
      byAddress.merge(
          address,
          List.of(after.key()),
          (has, more) -> {
            List<ObjectKey> all = new ArrayList<>(has);
            all.addAll(more);
            all.sort(null);
            return List.copyOf(all);
          });
    }
  }

  /** Returns the keys of the pods at an address, in order; usually one. */
  List<ObjectKey> at(IpAddress address) {
    return byAddress.getOrDefault(address, List.of());
  }

  private static List<IpAddress> addresses(Pod pod) {
    return pod != null && pod.hasOwnNetwork() ? pod.addresses() : List.of();
  }
}
