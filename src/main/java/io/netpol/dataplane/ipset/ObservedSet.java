package io.netpol.dataplane.ipset;

import io.netpol.net.Family;
import java.util.Collection;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Represents a set of the agent as the kernel has it.
 *
 * @param type the ipset type, such as {@code hash:ip}
 * @param family the family of its addresses
 * @param maxEntries its capacity in entries
 * @param entries in the syntax of {@code ipset save}; mutable, updated when a transaction succeeds
 */
public record ObservedSet(String type, Family family, int maxEntries, Set<String> entries) {

  /** The default capacity of a set (ipset(8), maxelem). */
  private static final int DEFAULT_MAX_ENTRIES = 65_536;

  private static final Pattern MAX_ENTRIES = Pattern.compile("\\d{1,18}");

  /** Parses the arguments after {@code create NAME}. */
  static ObservedSet of(String header) {
    String[] words = header.split(" ");
    Family family = Family.IPV4;
    int most = DEFAULT_MAX_ENTRIES;
    // The set of another program may have other options, with and without values.
    for (int i = 1; i + 1 < words.length; i++) {
      if (words[i].equals("family") && words[i + 1].equals("inet6")) {
        family = Family.IPV6;
      } else if (words[i].equals("maxelem") && MAX_ENTRIES.matcher(words[i + 1]).matches()) {
        most = (int) Math.min(Integer.MAX_VALUE, Long.parseLong(words[i + 1]));
      }
    }
    return new ObservedSet(words[0], family, most, new IpSetEntries());
  }

  /**
   * Returns whether the other set has the same type, family and capacity, regardless of entries.
   */
  boolean isLike(ObservedSet other) {
    return type.equals(other.type) && family == other.family && maxEntries == other.maxEntries;
  }

  /** Returns whether the set has exactly these entries, given without duplicates. */
  boolean hasExactly(Collection<String> wanted) {
    return entries.size() == wanted.size() && entries.containsAll(wanted);
  }
}
