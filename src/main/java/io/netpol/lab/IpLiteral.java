package io.netpol.lab;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Reads addresses and ranges in numbers for the sockets of the JDK; no name server is asked. */
final class IpLiteral {

  private IpLiteral() {}

  /**
   * Returns the address that {@code text} spells.
   *
   * @throws IllegalArgumentException if the text is anything but an IPv4 or IPv6 address
   */
  static InetAddress parse(String text) {
    try {
      return InetAddress.getByName(IpAddress.parse(text).toString());
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // a literal needs no resolution
    }
  }

  static boolean isIpv6(String addressOrRange) {
    return addressOrRange.indexOf(':') >= 0;
  }

  /** Returns the number of bits in an address of this family: 32 or 128. */
  static int bits(String addressOrRange) {
    return isIpv6(addressOrRange) ? 128 : 32;
  }

  /** Returns what follows the slash of a range such as {@code 10.244.1.0/24}. */
  static int prefixLength(String range) {
    return Cidr.parse(range).prefix();
  }

  static boolean within(String address, String range) {
    return Cidr.parse(range).contains(IpAddress.parse(address));
  }

  /** Returns the address that stands {@code offset} places after the first one of the range. */
  static String nth(String range, int offset) {
    IpAddress first = Cidr.parse(range).base();
    return new IpAddress(first.family(), first.high(), first.low() + offset).toString();
  }
}
