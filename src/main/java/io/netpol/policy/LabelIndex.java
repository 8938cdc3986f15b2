package io.netpol.policy;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The pods of all namespaces by each of their labels: a selector looks at those that have the
 * rarest label it asks for, not at all.
 */
final class LabelIndex {

  /** By key, then by value. */
  private final Map<String, Map<String, Map<ObjectKey, Pod>>> byLabel = new HashMap<>();

  /** Follows a pod from its old to its new form, either null. */
  void replace(Pod before, Pod after) {
    Map<String, String> now = after == null ? Map.of() : after.labels();
    if (before != null) {
      before
          .labels()
          .forEach(
              (key, value) -> {
                if (!value.equals(now.get(key))) {
                  remove(key, value, before.key());
                }
              });
    }
    now.forEach(
        (key, value) ->
            byLabel
                .computeIfAbsent(key, k -> new HashMap<>())
                .computeIfAbsent(value, v -> new HashMap<>(2))
                .put(after.key(), after));
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

  /**
   * The requirement of a selector that the fewest pods meet, of those that name values ({@code
   * matchLabels}, {@code In}); empty where it has none.
   */
  Optional<LabelSelector.Requirement> rarest(LabelSelector selector) {
    return selector.requirements().stream()
        .filter(requirement -> requirement.operator() == LabelSelector.Operator.IN)
        .min(Comparator.comparingInt(this::size));
  }

  /** How many pods meet a requirement that names values. */
  int size(LabelSelector.Requirement requirement) {
    Map<String, Map<ObjectKey, Pod>> values = byLabel.getOrDefault(requirement.key(), Map.of());
    return requirement.values().stream()
        .mapToInt(value -> values.getOrDefault(value, Map.of()).size())
        .sum();
  }

  /** Every pod that meets a requirement that names values, in no order. */
  void forEach(LabelSelector.Requirement requirement, Consumer<Pod> pods) {
    Map<String, Map<ObjectKey, Pod>> values = byLabel.getOrDefault(requirement.key(), Map.of());
    for (String value : requirement.values()) {
      values.getOrDefault(value, Map.of()).values().forEach(pods);
    }
  }
}
