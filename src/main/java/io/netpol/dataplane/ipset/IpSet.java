package io.netpol.dataplane.ipset;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.index.AddressSetKey;
import io.netpol.index.AddressSetKey.Member;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Describes an ipset that rules match.
 *
 * @param name derived from its content
 * @param type the ipset type
 * @param family the family of its addresses
 * @param pods the key of its pods; empty if its entries never change
 * @param entries the entries of a set without pods, in the syntax of {@code ipset save}
 */
public record IpSet(
    String name, String type, Family family, Optional<AddressSetKey> pods, List<String> entries) {

  /** The tool that manages sets. */
  public static final KernelTool TOOL =
      new KernelTool("ipset", 0, Set.of(Family.values()), Set.of(Stage.SETS, Stage.GARBAGE), true);

  /** The tool that lists the sets without their entries. */
  public static final KernelTool SUMMARY =
      new KernelTool("ipset-summary", 0, Set.of(Family.values()), Set.of(), true);

  /** The least capacity in entries: growth of smaller sets is not worth a swap. */
  private static final int LEAST_ENTRIES = 1_024;

  /**
   * The least number of buckets of ipset (ipset(8), hashsize); the kernel doubles it as a set
   * fills.
   */
  private static final int LEAST_BUCKETS = 64;

  private static final String NOMATCH = " nomatch";

  /** Makes the ipset of a set. */
  public static IpSet of(AddressSet set) {
    List<String> entries =
        Stream.concat(
                set.blocks().stream().map(Cidr::shortText),
                set.except().stream().map(block -> block.shortText() + NOMATCH))
            .distinct()
            .sorted()
            .toList();
    return new IpSet(set.name(), type(set.kind()), set.family(), set.pods(), entries);
  }

  /** Makes the ipset of the pods that a peer selects. */
  public static IpSet of(AddressSetKey pods) {
    return of(AddressSet.of(pods));
  }

  private static String type(AddressSet.Kind kind) {
    return switch (kind) {
      case ADDRESSES -> "hash:ip";
      case ADDRESSES_AND_PORTS -> "hash:ip,port";
      case BLOCKS -> "hash:net";
    };
  }

  /** Returns a member in the syntax of {@code ipset save}. */
  public static String text(Member member) {
    return member.protocol() == null
        ? member.address().toString()
        : member.address() + "," + member.protocol().lowerCase() + ":" + member.port();
  }

  /**
   * Returns the arguments after {@code create NAME} for a set with this number of entries, with
   * room to double.
   */
  public String header(int entries) {
    String familyName = family == Family.IPV4 ? "inet" : "inet6";
    int buckets = powerOfTwo(Math.max(LEAST_BUCKETS, entries));
    int most = powerOfTwo(Math.max(LEAST_ENTRIES, 2L * entries));
    return type + " family " + familyName + " hashsize " + buckets + " maxelem " + most;
  }

  private static int powerOfTwo(long least) {
    return (int) Math.min(1L << 30, Long.highestOneBit(Math.max(1, least - 1)) << 1);
  }

  /** Returns whether the set with this name in the kernel has the same type and family. */
  public boolean isLike(ObservedSet present) {
    return present.type().equals(type) && present.family() == family;
  }
}
