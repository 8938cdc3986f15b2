package io.netpol.dataplane.ipset;

import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.render.Names;
import io.netpol.net.Family;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * Parses the sets of the agent from the output of {@code ipset save}. A line that is neither a set
 * nor an entry makes the listing unreadable.
 */
public final class SavedSets {

  private static final String CREATE = "create ";
  private static final String ADD = "add ";

  private SavedSets() {}

  /**
   * Returns the sets by family and name.
   *
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed
   */
  public static Map<Family, Map<String, ObservedSet>> read(String saved) {
    Map<Family, Map<String, ObservedSet>> byFamily = new TreeMap<>();
    Map<String, ObservedSet> all = new HashMap<>();
    eachLine(
        saved,
        (name, header) -> {
          ObservedSet set = IpSetHeader.read(header);
          all.put(name, set);
          // If another program made a set of the wrong family under such a name, the name decides.
          Family family = Names.familyOfSet(name).orElse(set.family());
          byFamily.computeIfAbsent(family, f -> new HashMap<>()).put(name, set);
          return true;
        },
        (name, entry) -> {
          if (all.containsKey(name)) {
            all.get(name).entries().add(entry);
          }
          return true;
        });
    return byFamily;
  }

  /**
   * Returns whether the listing has exactly these sets, with exactly their entries. A resync asks
   * this every few seconds, and nearly always it is true: so the listing is compared without being
   * stored.
   *
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed
   */
  public static boolean areExactly(Map<String, ObservedSet> known, String saved) {
    int[] left = {known.size(), known.values().stream().mapToInt(s -> s.entries().size()).sum()};
    boolean alike =
        eachLine(
            saved,
            (name, header) -> {
              left[0]--;
              return known.containsKey(name) && known.get(name).isLike(IpSetHeader.read(header));
            },
            (name, entry) -> {
              left[1]--;
              return known.containsKey(name) && known.get(name).entries().contains(entry);
            });
    // ipset prints no set and no entry twice, so equal counts of known ones prove equality.
    return alike && left[0] == 0 && left[1] == 0;
  }

  /**
   * Passes each line of the agent's sets on until a predicate returns false; returns whether none
   * did.
   */
  private static boolean eachLine(
      String saved, BiPredicate<String, String> create, BiPredicate<String, String> add) {
    String name = "";
    for (int start = 0, end; start < saved.length(); start = end + 1) {
      end = SavedLines.end(saved, start, Set.of());
      if (end < 0) {
        throw unreadable("it ends in the middle of the line ", saved.substring(start));
      }
      boolean creates = saved.startsWith(CREATE, start);
      if (!creates && !saved.startsWith(ADD, start)) {
        throw unreadable("nothing is known of the line ", saved.substring(start, end));
      }
      int nameStart = start + (creates ? CREATE : ADD).length();
      int nameEnd = saved.indexOf(' ', nameStart);
      if (nameEnd < 0 || nameEnd >= end) {
        throw unreadable("nothing is known of the line ", saved.substring(start, end));
      }
      if (!saved.startsWith(Names.PREFIX, nameStart)) {
        continue;
      }
      // The lines of a set are adjacent: its name is allocated once.
      if (nameEnd - nameStart != name.length() || !saved.startsWith(name, nameStart)) {
        name = saved.substring(nameStart, nameEnd);
      }
      String rest = saved.substring(nameEnd + 1, end);
      if (!(creates ? create : add).test(name, rest)) {
        return false;
      }
    }
    return true;
  }

  private static UnreadableListing unreadable(String reason, String line) {
    return new UnreadableListing("the sets of ipset", reason + SavedLines.shown(line), "");
  }
}
