package io.netpol.analysis.matrix;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Puts equivalence classes into the rows of a matrix, and names the rows. */
final class Groups {

  /** More rows of pods than a person can look through are put together by namespace. */
  static final int MOST_UNITS_OF_PODS = 64;

  /** More rows of blocks outside become one. */
  static final int MOST_UNITS_OUTSIDE = 16;

  private Groups() {}

  /** Pods by namespace and name, then nodes, then the world outside. */
  static List<Group> of(List<EquivalenceClass> classes, boolean together) {
    Map<EquivalenceClass.Kind, Integer> count = new HashMap<>();
    classes.forEach(each -> count.merge(each.kind(), 1, Integer::sum));
    boolean byNamespace =
        together && count.getOrDefault(EquivalenceClass.Kind.PODS, 0) > MOST_UNITS_OF_PODS;
    boolean oneWorld =
        together && count.getOrDefault(EquivalenceClass.Kind.OUTSIDE, 0) > MOST_UNITS_OUTSIDE;
    Set<String> used = new HashSet<>();
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (EquivalenceClass.Kind kind : EquivalenceClass.Kind.values()) {
      for (int i = 0; i < classes.size(); i++) {
        if (classes.get(i).kind() == kind) {
          String row =
              kind == EquivalenceClass.Kind.PODS && byNamespace
                  ? classes.get(i).namespace() + "/*"
                  : kind == EquivalenceClass.Kind.OUTSIDE && oneWorld ? "outside" : kind + " " + i;
          rows.computeIfAbsent(row, r -> new ArrayList<>()).add(i);
        }
      }
    }
    List<Group> groups = new ArrayList<>();
    rows.forEach((row, members) -> groups.add(group(classes, members, used)));
    return List.copyOf(groups);
  }

  private static Group group(
      List<EquivalenceClass> classes, List<Integer> numbers, Set<String> used) {
    EquivalenceClass first = classes.get(numbers.get(0));
    List<String> names = new ArrayList<>();
    numbers.forEach(number -> names.addAll(classes.get(number).names()));
    String name;
    if (numbers.size() > 1) {
      name =
          first.kind() == EquivalenceClass.Kind.PODS
              ? first.namespace() + "/* (" + names.size() + ")"
              : ExternalEndpoints.WORLD + " (" + names.size() + " blocks)";
    } else {
      name = name(first, names);
      if (!used.add(name)) {
        name = names.get(0) + " and " + (names.size() - 1) + " more";
        used.add(name);
      }
    }
    return new Group(
        name,
        first.kind().name().toLowerCase(Locale.ROOT),
        first.namespace(),
        List.copyOf(names),
        List.copyOf(numbers));
  }

  private static String name(EquivalenceClass group, List<String> names) {
    if (names.size() == 1) {
      return names.get(0);
    } else if (names.contains(ExternalEndpoints.WORLD)) {
      return ExternalEndpoints.WORLD;
    } else if (group.kind() == EquivalenceClass.Kind.NODES) {
      return "nodes (" + names.size() + ")";
    } else if (group.kind() == EquivalenceClass.Kind.OUTSIDE) {
      return names.get(0) + " (+" + (names.size() - 1) + ")";
    }
    String common = names.get(0);
    for (String name : names) {
      int length = 0;
      while (length < Math.min(common.length(), name.length())
          && common.charAt(length) == name.charAt(length)) {
        length++;
      }
      common = common.substring(0, length);
    }
    int dash = common.lastIndexOf('-');
    String start = dash > group.namespace().length() ? common.substring(0, dash + 1) : "";
    return start.isEmpty()
        ? names.get(0) + " and " + (names.size() - 1) + " more"
        : start + "* (" + names.size() + ")";
  }
}
