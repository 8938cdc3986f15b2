package io.netpol.dataplane.ipset;

import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.render.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares the output of {@code ipset list -terse} with sets: their names, types and options, and
 * how many entries each has. Its length does not depend on the number of entries.
 */
public final class SetSummary {

  // The fields of a set that are compared; the others differ between hosts.
  private static final String NAME = "Name";
  private static final String TYPE = "Type";
  private static final String OPTIONS = "Header";
  private static final String ENTRIES = "Number of entries";

  private SetSummary() {}

  /**
   * Returns whether the listing has exactly these sets of the agent, each with as many entries.
   *
   * @throws UnreadableListing if the listing cannot be parsed, as if {@code ipset} does not tell
   *     the number of entries
   */
  public static boolean agrees(Map<String, ObservedSet> known, String listing) {
    if (!listing.isEmpty() && !listing.endsWith("\n")) {
      throw unreadable("it ends in the middle of a line", listing.lines().toList());
    }
    int found = 0;
    // An empty line stands between two sets.
    for (String text : listing.split("\n\n")) {
      List<String> lines = text.lines().toList();
      if (lines.isEmpty()) {
        continue;
      }
      Map<String, String> fields = fields(lines);
      String name = fields.get(NAME);
      if (!name.startsWith(Names.PREFIX)) {
        continue;
      }
      found++;
      ObservedSet has = known.get(name);
      if (has == null || !isAlike(has, fields, lines)) {
        return false;
      }
    }
    return found == known.size();
  }

  private static boolean isAlike(ObservedSet has, Map<String, String> fields, List<String> lines) {
    if (!fields.keySet().containsAll(List.of(TYPE, OPTIONS, ENTRIES))) {
      throw unreadable("a field of a set is missing", lines);
    }
    return has.isLike(IpSetHeader.read(fields.get(TYPE) + " " + fields.get(OPTIONS)))
        && Integer.toString(has.entries().size()).equals(fields.get(ENTRIES));
  }

  private static Map<String, String> fields(List<String> lines) {
    Map<String, String> fields = new HashMap<>();
    for (String line : lines) {
      int end = line.indexOf(": ");
      if (end > 0) {
        fields.put(line.substring(0, end), line.substring(end + 2));
      }
    }
    if (!fields.containsKey(NAME)) {
      throw unreadable("a set has no name", lines);
    }
    return fields;
  }

  private static UnreadableListing unreadable(String reason, List<String> lines) {
    return new UnreadableListing(
        "the summary of ipset", reason + ": " + SavedLines.shown(String.join(" ", lines)), "");
  }
}
