package io.netpol.kubernetes.manifest;

import io.netpol.net.Quote;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Counts the objects of other API groups that a user could mistake for supported ones: policies of
 * other projects, and kinds with the same name.
 */
final class SkippedKinds {

  private static final Set<String> KNOWN = Set.of("Pod", "Namespace", "Node");

  private static final int MAX_NAME = 100;

  private record Seen(int count, String file) {}

  private final Map<String, Seen> byKind = new TreeMap<>();

  /** Records an object that is not read; most kinds are of no interest. */
  void note(String version, String kind, String file) {
    if (KNOWN.contains(kind) || kind.contains("NetworkPolicy")) {
      byKind.merge(
          printable(kind) + " of " + printable(version),
          new Seen(1, file),
          (seen, one) -> new Seen(seen.count() + 1, seen.file()));
    }
  }

  private static String printable(String text) {
    return Quote.printable(text, MAX_NAME);
  }

  /** Returns one sentence for each kind. */
  List<String> warnings() {
    return byKind.entrySet().stream()
        .map(
            each ->
                String.format(
                    Locale.ROOT,
                    "%s: skipped, because this API group is not supported (objects: %d, the first in %s)",
                    each.getKey(),
                    each.getValue().count(),
                    each.getValue().file()))
        .toList();
  }
}
