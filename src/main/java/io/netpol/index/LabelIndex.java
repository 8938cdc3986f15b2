package io.netpol.index;

import io.netpol.model.LabelSelector;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The pods of all namespaces by their labels: a selector looks at those that have the rarest label
 * it asks for, not at all. Only keys that a selector has asked for are kept.
 */
final class LabelIndex {

  /** More keys are no cluster's, but those of policies that come and go. */
  private static final int MAX_KEYS = 1_000;

  /** By key, then by value. */
  private final Map<String, Map<String, Map<ObjectKey, Pod>>> byLabel = new HashMap<>();

  private final Supplier<Collection<Pod>> all;

  /**
   * No key was asked for yet.
   *
   * @param all the pods there are, for a key that is asked for the first time
   */
  LabelIndex(Supplier<Collection<Pod>> all) {
    this.all = all;
  }

  /** Follows a pod from its old to its new form, either null. */
  void replace(Pod before, Pod after) {
    byLabel.forEach(
        (key, values) -> {
          String old = before == null ? null : before.labels().get(key);
          String now = after == null ? null : after.labels().get(key);
          if (old != null && !old.equals(now)) {
            remove(values, old, before.key());
          }
          if (now != null) {
            add(values, now, after);
          }
        });
  }

  private static void add(Map<String, Map<ObjectKey, Pod>> values, String value, Pod pod) {
    values.computeIfAbsent(value, v -> new HashMap<>()).put(pod.key(), pod);
  }

  private static void remove(Map<String, Map<ObjectKey, Pod>> values, String value, ObjectKey pod) {
    values.computeIfPresent(
        value,
        (v, pods) -> {
          pods.remove(pod);
          return pods.isEmpty() ? null : pods;
        });
  }

  private Map<String, Map<ObjectKey, Pod>> values(String key) {
    if (byLabel.size() >= MAX_KEYS) {
      byLabel.clear();
    }
    return byLabel.computeIfAbsent(
        key,
        k -> {
          Map<String, Map<ObjectKey, Pod>> values = new HashMap<>();
          for (Pod pod : all.get()) {
            String value = pod.labels().get(key);
            if (value != null) {
              add(values, value, pod);
            }
          }
          return values;
        });
  }

  /**
   * Returns the requirement of a selector that the fewest pods meet, of those that name values
   * ({@code matchLabels}, {@code In}); empty where it has none.
   */
  Optional<LabelSelector.Requirement> rarest(LabelSelector selector) {
    return selector.requirements().stream()
        .filter(requirement -> requirement.operator() == LabelSelector.Operator.IN)
        .min(Comparator.comparingInt(this::size));
  }

  /** Returns how many pods meet a requirement that names values. */
  int size(LabelSelector.Requirement requirement) {
    Map<String, Map<ObjectKey, Pod>> values = values(requirement.key());
    return requirement.values().stream()
        .mapToInt(value -> values.getOrDefault(value, Map.of()).size())
        .sum();
  }

  /** Every pod that meets a requirement that names values, in no order. */
  void forEach(LabelSelector.Requirement requirement, Consumer<Pod> pods) {
    Map<String, Map<ObjectKey, Pod>> values = values(requirement.key());
    for (String value : requirement.values()) {
      values.getOrDefault(value, Map.of()).values().forEach(pods);
    }
  }
}
