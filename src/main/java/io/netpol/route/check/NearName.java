package io.netpol.route.check;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Finds the names that somebody who mistyped one may have meant. */
final class NearName {

  private static final int MOST = 5;

  private NearName() {}

  /** Returns {@code ; did you mean X?}, or nothing where no name is near. */
  static String question(String name, Collection<String> names) {
    return question("", name, names);
  }

  /** Returns the same with what stands before the name. */
  static String question(String prefix, String name, Collection<String> names) {
    int bound = Math.max(2, name.length() / 3);
    return new TreeSet<>(names)
        .stream()
            .filter(other -> distance(name, other) <= bound)
            .min(Comparator.comparingInt(other -> distance(name, other)))
            .map(near -> "; did you mean " + prefix + near + "?")
            .orElse("");
  }

  /** Returns the names that are nearest, the nearest first, at most five. */
  static List<String> nearest(String name, Collection<String> names) {
    return new TreeSet<>(names)
        .stream()
            .sorted(Comparator.comparingInt(other -> distance(name, other)))
            .limit(MOST)
            .toList();
  }

  /** Returns how many letters differ (Levenshtein), whatever their case. */
  private static int distance(String one, String two) {
    String a = one.toLowerCase(Locale.ROOT);
    String b = two.toLowerCase(Locale.ROOT);
    int[] last = new int[b.length() + 1];
    for (int j = 0; j < last.length; j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = last[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, Math.min(last[j], row[j - 1]) + 1);
      }
      last = row;
    }
    return last[b.length()];
  }
}
