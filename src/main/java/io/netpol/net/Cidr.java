package io.netpol.net;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Represents a CIDR block: a base address and a prefix length (RFC 4632).
 *
 * @param base the first address of the block; bits after the prefix are 0
 * @param prefix the prefix length in bits, 0 to 32 or 128
 */
public record Cidr(IpAddress base, int prefix) implements Comparable<Cidr> {

  private static final Comparator<Cidr> ORDER =
      Comparator.comparing(Cidr::base).thenComparingInt(Cidr::prefix);

  private static final int MAPPED_PREFIX = 96;

  /**
   * Clears the host bits of the base address.
   *
   * @throws IllegalArgumentException if the prefix is out of range for the family
   */
  public Cidr {
    if (prefix < 0 || prefix > base.family().bits()) {
      throw new IllegalArgumentException("prefix length out of range: " + prefix);
    }
    base = base.masked(prefix);
  }

  /** Returns the block that contains only this address: /32 for IPv4, /128 for IPv6. */
  public static Cidr of(IpAddress address) {
    return new Cidr(address, address.family().bits());
  }

  /** Parses a block like {@link #parse(String, Consumer)}, and ignores odd spellings. */
  public static Cidr parse(String text) {
    return parse(text, note -> {});
  }

  /**
   * Parses a block as the API server does ({@code ParseCIDRSloppy} of k8s.io/utils/net): host bits
   * are cleared, leading zeros are decimal, a block of IPv4-mapped IPv6 addresses is the IPv4
   * block.
   *
   * @param odd receives a sentence for each spelling that is accepted and may not mean what its
   *     author expects
   * @throws IllegalArgumentException if the text is not a block; the message quotes it
   */
  public static Cidr parse(String text, Consumer<String> odd) {
    int slash = text == null ? -1 : text.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not a CIDR block: " + Quote.quote(text));
    }
    String addressText = text.substring(0, slash);
    String prefixText = text.substring(slash + 1);
    IpAddress address;
    try {
      address = IpText.parseUnmapped(addressText);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a CIDR block: " + Quote.quote(text), e);
    }
    int prefix = IpText.number(prefixText, 10, address.family().bits());
    if (prefix < 0) {
      throw new IllegalArgumentException("not a CIDR block: " + Quote.quote(text));
    }
    Cidr cidr = new Cidr(address, prefix);
    if (cidr.base.mapsIpv4() && prefix >= MAPPED_PREFIX) {
      cidr = new Cidr(IpAddress.ipv4(cidr.base.low()), prefix - MAPPED_PREFIX);
      odd.accept(Quote.quote(text) + " is a block of IPv4-mapped addresses, read as " + cidr);
    } else if (!cidr.base.equals(address)) {
      odd.accept(Quote.quote(text) + " has bits set after the prefix, read as " + cidr);
    } else if (hasLeadingZero(addressText, prefixText)) {
      odd.accept(Quote.quote(text) + " has leading zeros, read as decimal: " + cidr);
    }
    return cidr;
  }

  private static boolean hasLeadingZero(String address, String prefix) {
    if (prefix.length() > 1 && prefix.charAt(0) == '0') {
      return true;
    }
    String quad = address.substring(address.lastIndexOf(':') + 1);
    if (quad.indexOf('.') < 0) {
      return false;
    }
    for (String octet : quad.split("\\.")) {
      if (octet.length() > 1 && octet.charAt(0) == '0') {
        return true;
      }
    }
    return false;
  }

  /** Returns the family of the block's addresses. */
  public Family family() {
    return base.family();
  }

  /** Returns whether the address is in the block; false for an address of the other family. */
  public boolean contains(IpAddress address) {
    return address.family() == base.family() && address.masked(prefix).equals(base);
  }

  /** Returns whether the other block is a part of this one. */
  public boolean contains(Cidr other) {
    return other.prefix >= prefix && contains(other.base);
  }

  /** Returns the last address of the block. */
  public IpAddress last() {
    int free = base.family().bits() - prefix;
    if (base.family() == Family.IPV4) {
      return IpAddress.ipv4(base.low() | (1L << free) - 1);
    }
    long low = free >= Long.SIZE ? -1L : (1L << free) - 1;
    long high = free <= Long.SIZE ? 0 : free == 2 * Long.SIZE ? -1L : (1L << free - Long.SIZE) - 1;
    return IpAddress.ipv6(base.high() | high, base.low() | low);
  }

  /** Returns whether the two blocks have an address in common. */
  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /**
   * Returns the two halves of the block.
   *
   * @throws IllegalArgumentException if the block contains a single address
   */
  public List<Cidr> halves() {
    Cidr lower = new Cidr(base, prefix + 1);
    return List.of(lower, new Cidr(base.withBit(prefix), prefix + 1));
  }

  /** Returns the smallest list of blocks that covers this block without the others, in order. */
  public List<Cidr> minus(List<Cidr> others) {
    List<Cidr> rest = new ArrayList<>();
    subtract(this, others.stream().filter(this::overlaps).toList(), rest);
    return List.copyOf(rest);
  }

  private static void subtract(Cidr block, List<Cidr> others, List<Cidr> rest) {
    if (others.isEmpty()) {
      rest.add(block);
      return;
    }
    if (others.stream().anyMatch(other -> other.contains(block))) {
      return;
    }
    for (Cidr half : block.halves()) {
      subtract(
          half, others.stream().filter(o -> half.contains(o) || o.contains(half)).toList(), rest);
    }
  }

  /** Orders blocks by base address, the larger block first. */
  @Override
  public int compareTo(Cidr other) {
    return ORDER.compare(this, other);
  }

  /**
   * Returns the address alone if the block contains only one, as ipset prints it; else {@code
   * base/prefix}.
   */
  public String shortText() {
    return prefix == family().bits() ? base.toString() : toString();
  }

  /** Returns {@code base/prefix}, even for a single address. */
  @Override
  public String toString() {
    return base + "/" + prefix;
  }
}
