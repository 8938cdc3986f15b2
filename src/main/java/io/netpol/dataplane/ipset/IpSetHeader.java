package io.netpol.dataplane.ipset;

import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.render.AddressSet.Kind;
import io.netpol.net.Family;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Writes and parses the arguments of {@code create NAME}: type and options of a set. */
public final class IpSetHeader {

  private static final Map<Kind, String> TYPES =
      Map.of(
          Kind.ADDRESSES, "hash:ip",
          Kind.ADDRESSES_AND_PORTS, "hash:ip,port",
          Kind.BLOCKS, "hash:net");

  /** The least capacity in entries: growth of smaller sets is not worth a swap. */
  private static final int LEAST_ENTRIES = 1_024;

  /**
   * The least number of buckets of ipset (ipset(8), hashsize); the kernel doubles it as a set
   * fills.
   */
  private static final int LEAST_BUCKETS = 64;

  /** The default capacity of a set (ipset(8), maxelem). */
  private static final int DEFAULT_MAX_ENTRIES = 65_536;

  private static final Pattern MAX_ENTRIES = Pattern.compile("\\d{1,18}");

  private IpSetHeader() {}

  /** Returns the header of a set with this number of entries, with room to double. */
  public static String of(KernelSet set, int entries) {
    String family = set.family() == Family.IPV4 ? "inet" : "inet6";
    int buckets = powerOfTwo(Math.max(LEAST_BUCKETS, entries));
    return TYPES.get(set.kind())
        + " family "
        + family
        + " hashsize "
        + buckets
        + " maxelem "
        + capacity(entries);
  }

  /** Returns the capacity of a set that is made with this number of entries. */
  static int capacity(int entries) {
    return powerOfTwo(Math.max(LEAST_ENTRIES, 2L * entries));
  }

  private static int powerOfTwo(long least) {
    return (int) Math.min(1L << 30, Long.highestOneBit(Math.max(1, least - 1)) << 1);
  }

  /** Parses a header; the set has no entries. */
  static ObservedSet read(String header) {
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
    Optional<Kind> kind =
        TYPES.entrySet().stream()
            .filter(type -> type.getValue().equals(words[0]))
            .map(Map.Entry::getKey)
            .findFirst();
    return ObservedSet.empty(kind, family, most);
  }
}
