package io.netpol.analysis.lint;

import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Finds among things with labels those that a selector selects, without a look at every one where
 * the selector names a value.
 *
 * @param <T> what has labels
 */
final class Labelled<T> {

  private final List<T> all;
  private final Function<T, Map<String, String>> labels;

  /** By key, then by value; only keys that were asked for. */
  private final Map<String, Map<String, List<T>>> byLabel = new HashMap<>();

  Labelled(List<T> all, Function<T, Map<String, String>> labels) {
    this.all = all;
    this.labels = labels;
  }

  List<T> all() {
    return all;
  }

  /** Returns all that are selected, in order where the selector names no value. */
  Stream<T> matching(LabelSelector selector) {
    Optional<Requirement> rarest =
        selector.requirements().stream()
            .filter(requirement -> requirement.operator() == Operator.IN)
            .min(Comparator.comparingInt(this::count));
    Stream<T> candidates =
        rarest.isEmpty()
            ? all.stream()
            : rarest.get().values().stream().flatMap(value -> with(rarest.get().key(), value));
    return candidates.filter(each -> selector.matches(labels.apply(each)));
  }

  private int count(Requirement requirement) {
    return requirement.values().stream()
        .mapToInt(value -> values(requirement.key()).getOrDefault(value, List.of()).size())
        .sum();
  }

  private Stream<T> with(String key, String value) {
    return values(key).getOrDefault(value, List.of()).stream();
  }

  private Map<String, List<T>> values(String key) {
    return byLabel.computeIfAbsent(
        key,
        k -> {
          Map<String, List<T>> values = new HashMap<>();
          for (T each : all) {
            String value = labels.apply(each).get(k);
            if (value != null) {
              values.computeIfAbsent(value, v -> new ArrayList<>()).add(each);
            }
          }
          return values;
        });
  }
}
