package io.netpol.index;

import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Indexes policies by a label that they require of pods, so that only the policies that may select
 * a pod are examined.
 */
final class PolicyIndex {

  private record Slot(String namespace, String key, String value) {}

  /** Policies whose selector requires a label value, by the values of one label. */
  private final Map<Slot, Map<ObjectKey, NetworkPolicy>> byLabel = new HashMap<>();

  private final Map<String, Map<ObjectKey, NetworkPolicy>> others = new HashMap<>();

  /** The label by which a policy is indexed; empty if by none. */
  private final Map<ObjectKey, Optional<Requirement>> foundBy = new HashMap<>();

  /** Replaces the old state of a policy with the new one; null where there is none. */
  void replace(NetworkPolicy before, NetworkPolicy after) {
    if (before != null) {
      for (Slot slot : slots(before.key(), foundBy.remove(before.key()))) {
        remove(byLabel, slot, before.key());
      }
      remove(others, before.key().namespace(), before.key());
    }
    if (after != null) {
      Optional<Requirement> rarest =
          after.podSelector().requirements().stream()
              .filter(requirement -> requirement.operator() == Operator.IN)
              .min(Comparator.comparingInt(each -> count(after.key(), each)));
      foundBy.put(after.key(), rarest);
      if (rarest.isEmpty()) {
        others
            .computeIfAbsent(after.key().namespace(), n -> new TreeMap<>())
            .put(after.key(), after);
      }
      for (Slot slot : slots(after.key(), rarest)) {
        byLabel.computeIfAbsent(slot, s -> new TreeMap<>()).put(after.key(), after);
      }
    }
  }

  private static <K> void remove(
      Map<K, Map<ObjectKey, NetworkPolicy>> from, K slot, ObjectKey policy) {
    from.computeIfPresent(
        slot,
        (s, policies) -> {
          policies.remove(policy);
          return policies.isEmpty() ? null : policies;
        });
  }

  private int count(ObjectKey policy, Requirement requirement) {
    return slots(policy, Optional.of(requirement)).stream()
        .mapToInt(slot -> byLabel.getOrDefault(slot, Map.of()).size())
        .sum();
  }

  private static List<Slot> slots(ObjectKey policy, Optional<Requirement> foundBy) {
    return foundBy.stream()
        .flatMap(
            each -> each.values().stream().map(v -> new Slot(policy.namespace(), each.key(), v)))
        .toList();
  }

  /** Returns the policies that may select the pod, in order of their names. */
  Collection<NetworkPolicy> near(Pod pod) {
    String namespace = pod.key().namespace();
    Collection<NetworkPolicy> unlabelled = others.getOrDefault(namespace, Map.of()).values();
    List<NetworkPolicy> near = new ArrayList<>();
    pod.labels()
        .forEach(
            (key, value) ->
                near.addAll(
                    byLabel.getOrDefault(new Slot(namespace, key, value), Map.of()).values()));
    if (near.isEmpty()) {
      return unlabelled;
    }
    near.addAll(unlabelled);
    near.sort(Comparator.comparing(NetworkPolicy::key));
    return near;
  }
}
