package io.netpol.net;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * A block of addresses: a base address and the number of leading bits that count (RFC 4632).
 *
 * @param base the first address of the block; bits after the prefix are 0
 * @param prefix the prefix length in bits, 0 to 32 or 128
 */
public record Cidr(IpAddress base, int prefix) implements Comparable<Cidr> {

  private static final Comparator<Cidr> ORDER =
      Comparator.comparing(Cidr::base).thenComparingInt(Cidr::prefix);

  private static final int MAPPED_PREFIX = 96;

  /**
   * Sets the bits after the prefix to 0.
   *
   * @throws IllegalArgumentException if the prefix is out of range for the family
   */
  public Cidr {
    if (prefix < 0 || prefix > base.family().bits()) {
      throw new IllegalArgumentException("prefix length out of range: " + prefix);
    }
    base = base.masked(prefix);
  }

  /** Returns the block that holds just this address: /32 or /128. */
  public static Cidr of(IpAddress address) {
    return new Cidr(address, address.family().bits());
  }

  /** {@link #parse(String, Consumer)} without interest in how the block was spelled. */
  public static Cidr parse(String text) {
    return parse(text, note -> {});
  }

  /**
   * Reads a block as the API server does ({@code ParseCIDRSloppy}): host bits are masked, leading
   * zeros are decimal, a block of IPv4-mapped IPv6 addresses is the IPv4 block.
   *
   * @param odd told, in words, of each spelling that is accepted but means something else than it
   *     may seem
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

  /** Returns whether the address lies in the block; never so for the other family. */
  public boolean contains(IpAddress address) {
    return address.family() == base.family() && address.masked(prefix).equals(base);
  }

  /** Returns whether all addresses of the other block lie in this one. */
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

  /** Returns whether some address lies in both. */
  public boolean overlaps(Cidr other) {
    return contains(other) || other.contains(this);
  }

  /**
   * Returns the two halves of the block.
   *
   * @throws IllegalArgumentException if the block holds a single address
   */
  public List<Cidr> halves() {
    Cidr lower = new Cidr(base, prefix + 1);
    return List.of(lower, new Cidr(base.withBit(prefix), prefix + 1));
  }

  /** Returns the fewest blocks that together hold this block less the others, in order. */
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

  /** By base address, the larger block first. */
  @Override
  public int compareTo(Cidr other) {
    return ORDER.compare(this, other);
  }

  /** {@code base/prefix}, the prefix always written. */
  /** Returns the address alone where the block holds one only, as ipset prints it. */
  public String shortText() {
    return prefix == family().bits() ? base.toString() : toString();
  }

  @Override
  public String toString() {
    return base + "/" + prefix;
  }
}
