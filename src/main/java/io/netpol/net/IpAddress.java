package io.netpol.net;

import io.netpol.model.ObjectKey;

/**
 * Represents an IPv4 or IPv6 address as a number.
 *
 * @param family the address family
 * @param high the upper 64 bits of an IPv6 address, 0 for IPv4
 * @param low the lower 64 bits of an IPv6 address, the 32 bits of an IPv4 address
 */
public record IpAddress(Family family, long high, long low) implements Comparable<IpAddress> {

  /** Returns an IPv4 address from its 32 bits. */
  public static IpAddress ipv4(long bits) {
    return new IpAddress(Family.IPV4, 0, bits & 0xffffffffL);
  }

  /** Returns an IPv6 address from its 128 bits; an IPv4-mapped address stays IPv6. */
  public static IpAddress ipv6(long high, long low) {
    return new IpAddress(Family.IPV6, high, low);
  }

  /**
   * Parses an address as the API server does ({@code ParseIPSloppy}): leading zeros of an IPv4
   * octet are decimal, an IPv4-mapped IPv6 address ({@code ::ffff:192.0.2.1}) is the IPv4 address.
   *
   * @throws IllegalArgumentException if the text is not an address; the message quotes it
   */
  public static IpAddress parse(String text) {
    return IpText.parse(text);
  }

  /**
   * Returns whether this is an IPv4-mapped IPv6 address of {@code ::ffff:0:0/96} (RFC 4291, section
   * 2.5.5.2).
   */
  boolean mapsIpv4() {
    return family == Family.IPV6 && high == 0 && (low >>> 32) == 0xffffL;
  }

  /**
   * Returns whether the address is link-local: 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291).
   */
  public boolean isLinkLocal() {
    return family == Family.IPV4 ? low >>> 16 == 0xa9feL : high >>> 54 == 0x3faL;
  }

  /**
   * Returns the bit at the position, 0 being the most significant one of the family's 32 or 128.
   */
  public int bit(int position) {
    if (family == Family.IPV4) {
      return (int) (low >>> (31 - position)) & 1;
    }
    return position < 64
        ? (int) (high >>> (63 - position)) & 1
        : (int) (low >>> (127 - position)) & 1;
  }

  /** Returns this address with all bits after the first {@code prefix} cleared. */
  public IpAddress masked(int prefix) {
    if (family == Family.IPV4) {
      return ipv4(prefix == 0 ? 0 : low & (-1L << (32 - prefix)));
    }
    if (prefix == 0) {
      return ipv6(0, 0);
    }
    if (prefix <= 64) {
      return ipv6(high & (-1L << (64 - prefix)), 0);
    }
    return ipv6(high, low & (-1L << (128 - prefix)));
  }

  /**
   * Returns this address with the bit at the position set; position 0 is the most significant bit.
   */
  IpAddress withBit(int position) {
    if (family == Family.IPV4) {
      return ipv4(low | 1L << (31 - position));
    }
    return position < 64
        ? ipv6(high | 1L << (63 - position), low)
        : ipv6(high, low | 1L << (127 - position));
  }

  /**
   * Compares addresses without the reflection of records, which lookups in hash sets would feel;
   * see {@link ObjectKey#equals}.
   */
  @Override
  public boolean equals(Object other) {
    return other instanceof IpAddress address
        && low == address.low
        && high == address.high
        && family == address.family;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(high) * 31 + Long.hashCode(low);
  }

  /** Orders IPv4 before IPv6, then by number. */
  @Override
  public int compareTo(IpAddress other) {
    int order = family.compareTo(other.family);
    if (order == 0) {
      order = Long.compareUnsigned(high, other.high);
    }
    return order != 0 ? order : Long.compareUnsigned(low, other.low);
  }

  /**
   * Returns the text form of the C library's {@code inet_ntop}(3), which iptables and ipset print.
   */
  @Override
  public String toString() {
    return IpText.format(this);
  }
}
