package io.netpol.analysis.matrix;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Puts units into the rows of a matrix, and finds names for these. */
final class Groups {

  /** More rows of pods than a person can look through are put together by namespace. */
  static final int MOST_UNITS_OF_PODS = 64;

  /** More rows of blocks outside become one. */
  static final int MOST_UNITS_OUTSIDE = 16;

  private Groups() {}

  /** Pods by namespace and name, then nodes, then the world outside. */
  static List<Group> of(List<EquivalenceClass> units, boolean together) {
    Map<EquivalenceClass.Kind, Integer> count = new HashMap<>();
    units.forEach(unit -> count.merge(unit.kind(), 1, Integer::sum));
    boolean byNamespace =
        together && count.getOrDefault(EquivalenceClass.Kind.PODS, 0) > MOST_UNITS_OF_PODS;
    boolean oneWorld =
        together && count.getOrDefault(EquivalenceClass.Kind.OUTSIDE, 0) > MOST_UNITS_OUTSIDE;
    Set<String> used = new HashSet<>();
    Map<String, List<Integer>> rows = new LinkedHashMap<>();
    for (EquivalenceClass.Kind kind : EquivalenceClass.Kind.values()) {
      for (int i = 0; i < units.size(); i++) {
        if (units.get(i).kind() == kind) {
          String row =
              kind == EquivalenceClass.Kind.PODS && byNamespace
                  ? units.get(i).namespace() + "/*"
                  : kind == EquivalenceClass.Kind.OUTSIDE && oneWorld ? "outside" : kind + " " + i;
          rows.computeIfAbsent(row, r -> new ArrayList<>()).add(i);
        }
      }
    }
    List<Group> groups = new ArrayList<>();
    rows.forEach((row, members) -> groups.add(group(units, members, used)));
    return List.copyOf(groups);
  }

  private static Group group(
      List<EquivalenceClass> units, List<Integer> numbers, Set<String> used) {
    EquivalenceClass first = units.get(numbers.get(0));
    List<String> names = new ArrayList<>();
    numbers.forEach(number -> names.addAll(units.get(number).names()));
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

  private static String name(EquivalenceClass unit, List<String> names) {
    if (names.size() == 1) {
      return names.get(0);
    } else if (names.contains(ExternalEndpoints.WORLD)) {
      return ExternalEndpoints.WORLD;
    } else if (unit.kind() == EquivalenceClass.Kind.NODES) {
      return "nodes (" + names.size() + ")";
    } else if (unit.kind() == EquivalenceClass.Kind.OUTSIDE) {
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
    String start = dash > unit.namespace().length() ? common.substring(0, dash + 1) : "";
    return start.isEmpty()
        ? names.get(0) + " and " + (names.size() - 1) + " more"
        : start + "* (" + names.size() + ")";
  }
}
