package io.netpol.policy;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The pods of all namespaces by each of their labels: a selector looks at those that have the
 * rarest label it asks for, not at all.
 */
final class LabelIndex {

  /** By key, then by value. */
  private final Map<String, Map<String, Set<ObjectKey>>> byLabel = new HashMap<>();

  /** Follows a pod from its old to its new form, either null. */
  void replace(Pod before, Pod after) {
    Map<String, String> old = before == null ? Map.of() : before.labels();
    Map<String, String> now = after == null ? Map.of() : after.labels();
    if (old.equals(now)) {
      return;
    }
    old.forEach((key, value) -> remove(key, value, before.key()));
    now.forEach(
        (key, value) ->
            byLabel
                .computeIfAbsent(key, k -> new HashMap<>())
                .computeIfAbsent(value, v -> new HashSet<>(2))
                .add(after.key()));
  }

  private void remove(String key, String value, ObjectKey pod) {
    byLabel.computeIfPresent(
        key,
        (k, values) -> {
          values.computeIfPresent(
              value,
              (v, pods) -> {
                pods.remove(pod);
                return pods.isEmpty() ? null : pods;
              });
          return values.isEmpty() ? null : values;
        });
  }

  /** How many pods a requirement that names values can select at most. */
  private int size(LabelSelector.Requirement requirement) {
    Map<String, Set<ObjectKey>> values = byLabel.getOrDefault(requirement.key(), Map.of());
    return requirement.values().stream()
        .mapToInt(value -> values.getOrDefault(value, Set.of()).size())
        .sum();
  }

  /**
   * The requirement of a selector that the fewest pods meet, of those that name values ({@code
   * matchLabels}, {@code In}); empty where it has none.
   */
  Optional<LabelSelector.Requirement> rarest(LabelSelector selector) {
    LabelSelector.Requirement rarest = null;
    int least = Integer.MAX_VALUE;
    for (LabelSelector.Requirement requirement : selector.requirements()) {
      if (requirement.operator() == LabelSelector.Operator.IN) {
        int size = size(requirement);
        if (size < least) {
          least = size;
          rarest = requirement;
        }
      }
    }
    return Optional.ofNullable(rarest);
  }

  /** The pods that meet a requirement that names values, in no order. */
  Collection<ObjectKey> pods(LabelSelector.Requirement requirement) {
    Map<String, Set<ObjectKey>> values = byLabel.getOrDefault(requirement.key(), Map.of());
    Set<ObjectKey> pods = new HashSet<>();
    requirement.values().forEach(value -> pods.addAll(values.getOrDefault(value, Set.of())));
    return pods;
  }
}
