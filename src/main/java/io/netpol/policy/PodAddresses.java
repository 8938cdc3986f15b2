package io.netpol.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds pods by address; those of other networks than the pods' own are not in it. */
final class PodAddresses {

  /** Mostly one pod for each address; the one heard of last comes last. */
  private final Map<IpAddress, List<Pod>> pods = new HashMap<>();

  /** A pod changed; null where it was not there before, or is not any more. */
  void replace(Pod before, Pod after) {
    if (before != null && before.hasOwnNetwork()) {
      before.addresses().forEach(address -> put(address, before.key(), null));
    }
    if (after != null && after.hasOwnNetwork()) {
      after.addresses().forEach(address -> put(address, after.key(), after));
    }
  }

  private void put(IpAddress address, ObjectKey key, Pod pod) {
    List<Pod> now = new ArrayList<>(pods.getOrDefault(address, List.of()));
    now.removeIf(other -> other.key().equals(key));
    if (pod != null) {
      now.add(pod);
    }
    if (now.isEmpty()) {
      pods.remove(address);
    } else {
      pods.put(address, List.copyOf(now));
    }
  }

  /** The pod of this address. */
  Optional<Pod> podAt(IpAddress address) {
    List<Pod> found = pods.get(address);
    return found == null ? Optional.empty() : Optional.of(found.get(found.size() - 1));
  }
}
