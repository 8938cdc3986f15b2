package io.netpol.analysis.lint;

import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Finds among things with selectors those whose selector may hold for all that a narrower one
 * selects, without a look at every one.
 *
 * @param <T> what has a selector
 */
final class SelectorIndex<T> {

  /** What a requirement asks of a label; the value is empty where the operator is not In. */
  private record Slot(String key, Operator operator, String value) {}

  private final List<T> all;
  private final List<Integer> everything = new ArrayList<>();
  private final Map<Slot, List<Integer>> bySlot = new HashMap<>();

  SelectorIndex(List<T> all, Function<T, LabelSelector> selector) {
    this.all = all;
    Map<Slot, Integer> counts = new HashMap<>();
    all.stream()
        .flatMap(each -> selector.apply(each).requirements().stream())
        .flatMap(requirement -> slots(requirement).stream())
        .forEach(slot -> counts.merge(slot, 1, Integer::sum));
    for (int i = 0; i < all.size(); i++) {
      int number = i;
      List<Requirement> requirements = selector.apply(all.get(i)).requirements();
      if (requirements.isEmpty()) {
        everything.add(number);
        continue;
      }
      // All must hold, so it is enough to be found by one: by that which is asked for least.
      Requirement rarest =
          requirements.stream()
              .min(
                  Comparator.comparingInt(each -> slots(each).stream().mapToInt(counts::get).sum()))
              .get();
      slots(rarest)
          .forEach(slot -> bySlot.computeIfAbsent(slot, s -> new ArrayList<>()).add(number));
    }
  }

  private static List<Slot> slots(Requirement requirement) {
    return requirement.operator() == Operator.IN
        ? requirement.values().stream()
            .map(value -> new Slot(requirement.key(), Operator.IN, value))
            .toList()
        : List.of(new Slot(requirement.key(), requirement.operator(), ""));
  }

  /** Returns those that may be wider, in order; some of them are not. */
  List<T> mayCover(LabelSelector narrow) {
    Set<Integer> found = new TreeSet<>(everything);
    for (Requirement each : narrow.requirements()) {
      for (Operator operator : Operator.values()) {
        if (operator != Operator.IN) {
          found.addAll(at(new Slot(each.key(), operator, "")));
        } else if (each.operator() == Operator.IN && !each.values().isEmpty()) {
          // What holds for all of its values holds for the first.
          found.addAll(at(new Slot(each.key(), operator, each.values().get(0))));
        }
      }
    }
    return found.stream().map(all::get).toList();
  }

  private List<Integer> at(Slot slot) {
    return bySlot.getOrDefault(slot, List.of());
  }
}
