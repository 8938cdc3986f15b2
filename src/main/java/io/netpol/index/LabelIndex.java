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
 * Indexes the pods of all namespaces by label: a selector examines only the pods with the rarest
 * label that it requires. Only keys that a selector has asked for are indexed.
 */
final class LabelIndex {

  /**
   * The number of keys beyond which the index starts again: it then contains keys of deleted
   * policies.
   */
  private static final int MAX_KEYS = 1_000;

  /** The pods by key, then by value. */
  private final Map<String, Map<String, Map<ObjectKey, Pod>>> byLabel = new HashMap<>();

  private final Supplier<Collection<Pod>> all;

  /**
   * Makes an index without keys.
   *
   * @param all returns all pods, to index a key that is asked for the first time
   */
  LabelIndex(Supplier<Collection<Pod>> all) {
    this.all = all;
  }

  /** Replaces the old state of a pod with the new one; null where there is none. */
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
   * Returns the requirement of a selector that the fewest pods meet, among those with values
   * ({@code matchLabels}, {@code In}); empty if there is none.
   */
  Optional<LabelSelector.Requirement> rarest(LabelSelector selector) {
    return selector.requirements().stream()
        .filter(requirement -> requirement.operator() == LabelSelector.Operator.IN)
        .min(Comparator.comparingInt(this::size));
  }

  /** Returns the number of pods that meet a requirement with values. */
  int size(LabelSelector.Requirement requirement) {
    Map<String, Map<ObjectKey, Pod>> values = values(requirement.key());
    return requirement.values().stream()
        .mapToInt(value -> values.getOrDefault(value, Map.of()).size())
        .sum();
  }

  /** Passes every pod that meets a requirement with values to a consumer, in no order. */
  void forEach(LabelSelector.Requirement requirement, Consumer<Pod> pods) {
    Map<String, Map<ObjectKey, Pod>> values = values(requirement.key());
    for (String value : requirement.values()) {
      values.getOrDefault(value, Map.of()).values().forEach(pods);
    }
  }
}
