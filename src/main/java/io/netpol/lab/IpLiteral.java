package io.netpol.lab;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Reads addresses and ranges in numbers, and never asks a name server. */
final class IpLiteral {
  private static final Pattern IPV4 = Pattern.compile("(\\d{1,3}\\.){3}\\d{1,3}");
  private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:]*");

  private IpLiteral() {}

  /**
   * Returns the address that {@code text} spells.
   *
   * @throws IllegalArgumentException if the text is anything but a plain IPv4 or IPv6 address
   */
  static InetAddress parse(String text) {
    try {
      if (IPV4.matcher(text).matches()) {
        return InetAddress.getByAddress(ipv4Bytes(text));
      }
      if (IPV6.matcher(text).matches()
          // With a colon in it the JDK takes the text for a literal or fails, it resolves nothing.
          && InetAddress.getByName(text) instanceof Inet6Address address) {
        return address;
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an IP address: " + text, e);
    }
    throw new IllegalArgumentException("not an IP address: " + text);
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
    int slash = range.indexOf('/');
    int length;
    try {
      length = Integer.parseInt(range.substring(slash + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not an address range: " + range, e);
    }
    if (slash < 0 || length < 0 || length > bits(range)) {
      throw new IllegalArgumentException("not an address range: " + range);
    }
    return length;
  }

  static boolean within(String address, String range) {
    int free = bits(range) - prefixLength(range);
    return isIpv6(address) == isIpv6(range)
        && number(address).shiftRight(free).equals(number(network(range)).shiftRight(free));
  }

  /** Returns the address that stands {@code offset} places after the first one of the range. */
  static String nth(String range, int offset) {
    int bytes = bits(range) / 8;
    byte[] sum = number(network(range)).add(BigInteger.valueOf(offset)).toByteArray();
    byte[] address = new byte[bytes];
    int copied = Math.min(bytes, sum.length);
    System.arraycopy(sum, sum.length - copied, address, bytes - copied, copied);
    try {
      return InetAddress.getByAddress(address).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(Arrays.toString(address), e);
    }
  }

  private static String network(String range) {
    prefixLength(range);
    return range.substring(0, range.indexOf('/'));
  }

  private static BigInteger number(String address) {
    return new BigInteger(1, parse(address).getAddress());
  }

  private static byte[] ipv4Bytes(String text) {
    byte[] bytes = new byte[4];
    String[] parts = text.split("\\.");
    for (int i = 0; i < bytes.length; i++) {
      int part = Integer.parseInt(parts[i]);
      if (part > 255) {
        throw new IllegalArgumentException("not an IP address: " + text);
      }
      bytes[i] = (byte) part;
    }
    return bytes;
  }
}
