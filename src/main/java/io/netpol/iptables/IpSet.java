package io.netpol.iptables;

import io.netpol.policy.Cidr;
import io.netpol.policy.Family;
import io.netpol.policy.Peer;
import io.netpol.policy.PodSet;
import io.netpol.policy.PodSet.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One set that rules match against.
 *
 * @param name named by what it holds
 * @param type the ipset type
 * @param family the family of its addresses
 * @param pods the pods it holds; empty where the entries never change
 * @param entries the entries of a set that holds no pods, as {@code ipset save} prints them
 */
public record IpSet(
    String name, String type, Family family, Optional<PodSet> pods, List<String> entries) {

  /** Smaller sets are not worth an exchange when they grow. */
  private static final int LEAST_ENTRIES = 1_024;

  /** ipset's own least (ipset(8), hashsize); the kernel doubles it as a set fills. */
  private static final int LEAST_BUCKETS = 64;

  private static final String NOMATCH = " nomatch";

  /** The set of the pods that a peer means. */
  static IpSet of(PodSet pods) {
    String type = pods.port().isPresent() ? "hash:ip,port" : "hash:ip";
    String name = Names.set(pods.family(), type + " " + pods.canonical());
    return new IpSet(name, type, pods.family(), Optional.of(pods), List.of());
  }

  /** The set of the addresses in any of these blocks, which have no exceptions. */
  static IpSet of(Family family, Collection<Cidr> blocks) {
    List<String> entries = new ArrayList<>();
    for (Cidr block : new TreeSet<>(blocks)) {
      holdable(block).forEach(part -> entries.add(text(part)));
    }
    return fixed(family, entries);
  }

  /** The set of the addresses in a block less its exceptions. */
  static IpSet of(Peer.Block block) {
    List<String> entries = new ArrayList<>();
    for (Cidr part : holdable(block.cidr())) {
      if (!block.except().contains(part)) {
        entries.add(text(part));
      }
    }
    block.except().forEach(except -> entries.add(text(except) + NOMATCH));
    return fixed(block.cidr().family(), entries);
  }

  private static IpSet fixed(Family family, List<String> entries) {
    String type = "hash:net";
    List<String> sorted = entries.stream().distinct().sorted().toList();
    String name = Names.set(family, type + " " + String.join("|", sorted));
    return new IpSet(name, type, family, Optional.empty(), sorted);
  }

  /** A {@code hash:net} set cannot hold a block of prefix length 0: its two halves instead. */
  private static List<Cidr> holdable(Cidr block) {
    return block.prefix() == 0 ? block.halves() : List.of(block);
  }

  private static String text(Cidr block) {
    return block.prefix() == block.family().bits() ? block.base().toString() : block.toString();
  }

  /** A member as {@code ipset save} prints it. */
  static String text(Member member) {
    return member.protocol() == null
        ? member.address().toString()
        : member.address() + "," + member.protocol().lowerCase() + ":" + member.port();
  }

  /** What follows {@code create NAME}, for a set that is to hold so many entries and may double. */
  String header(int entries) {
    String familyName = family == Family.IPV4 ? "inet" : "inet6";
    int buckets = powerOfTwo(Math.max(LEAST_BUCKETS, entries));
    int most = powerOfTwo(Math.max(LEAST_ENTRIES, 2L * entries));
    return type + " family " + familyName + " hashsize " + buckets + " maxelem " + most;
  }

  private static int powerOfTwo(long least) {
    return (int) Math.min(1L << 30, Long.highestOneBit(Math.max(1, least - 1)) << 1);
  }

  /** Whether a set of this name in the kernel is of the same kind. */
  boolean isLike(PresentSet present) {
    return present.type().equals(type) && present.family() == family;
  }
}
