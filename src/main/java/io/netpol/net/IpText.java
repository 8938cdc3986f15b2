package io.netpol.net;

/**
 * Converts addresses from and to text: parses as Go's sloppy parser does, formats as inet_ntop(3)
 * does.
 */
final class IpText {

  /** The length in characters beyond which a text is no address, whatever leading zeros it has. */
  private static final int MAX_LENGTH = 64;

  private static final int WORDS = 8;

  private IpText() {}

  static IpAddress parse(String text) {
    if (text != null && !text.isEmpty() && text.length() <= MAX_LENGTH) {
      long ipv4 = text.indexOf(':') < 0 ? ipv4Bits(text) : -1;
      if (ipv4 >= 0) {
        return IpAddress.ipv4(ipv4);
      }
      int[] words = text.indexOf(':') >= 0 ? ipv6Words(text) : null;
      if (words != null) {
        IpAddress address = IpAddress.ipv6(bits(words, 0), bits(words, 4));
        return address.mapsIpv4() ? IpAddress.ipv4(address.low()) : address;
      }
    }
    throw new IllegalArgumentException("not an IP address: " + Quote.quote(text));
  }

  /** Parses an address and leaves an IPv4-mapped one IPv6: the base of a CIDR block. */
  static IpAddress parseUnmapped(String text) {
    IpAddress address = parse(text);
    boolean mapped = address.family() == Family.IPV4 && text.indexOf(':') >= 0;
    return mapped ? IpAddress.ipv6(0, 0xffff00000000L | address.low()) : address;
  }

  private static long bits(int[] words, int from) {
    long bits = 0;
    for (int i = from; i < from + 4; i++) {
      bits = bits << 16 | words[i];
    }
    return bits;
  }

  /** Returns the 32 bits of a dotted quad, or -1. */
  private static long ipv4Bits(String text) {
    long bits = 0;
    int start = 0;
    for (int octet = 0; octet < 4; octet++) {
      int dot = text.indexOf('.', start);
      int end = octet < 3 ? dot : text.length();
      int value =
          end < 0 || octet == 3 && dot >= 0 ? -1 : number(text.substring(start, end), 10, 255);
      if (value < 0) {
        return -1;
      }
      bits = bits << 8 | value;
      start = end + 1;
    }
    return bits;
  }

  /** Returns the eight 16-bit words of an IPv6 address, or null. */
  private static int[] ipv6Words(String text) {
    String head = text;
    String tail = "";
    int gap = text.indexOf("::");
    if (gap >= 0) {
      head = text.substring(0, gap);
      tail = text.substring(gap + 2);
    }
    int[] before = words(head, gap < 0);
    int[] after = words(tail, true);
    if (before == null || after == null) {
      return null;
    }
    int given = before.length + after.length;
    if (gap < 0 ? given != WORDS : given >= WORDS) {
      return null;
    }
    int[] all = new int[WORDS];
    System.arraycopy(before, 0, all, 0, before.length);
    System.arraycopy(after, 0, all, WORDS - after.length, after.length);
    return all;
  }

  /**
   * Returns the words of one side of {@code ::}, or null; only the last part may be a dotted quad.
   */
  private static int[] words(String text, boolean last) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String[] parts = text.split(":", -1);
    boolean quad = last && parts[parts.length - 1].indexOf('.') >= 0;
    int[] words = new int[parts.length + (quad ? 1 : 0)];
    if (words.length > WORDS) {
      return null;
    }
    int plain = quad ? parts.length - 1 : parts.length;
    for (int i = 0; i < plain; i++) {
      int word = parts[i].length() <= 4 ? number(parts[i], 16, 0xffff) : -1;
      if (word < 0) {
        return null;
      }
      words[i] = word;
    }
    if (quad) {
      long bits = ipv4Bits(parts[plain]);
      if (bits < 0) {
        return null;
      }
      words[plain] = (int) (bits >>> 16);
      words[plain + 1] = (int) (bits & 0xffff);
    }
    return words;
  }

  /**
   * Returns the number that ASCII digits spell, or -1 if the text is empty, has other characters,
   * or exceeds the limit.
   */
  static int number(String digits, int radix, int limit) {
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int digit = c < 128 ? Character.digit(c, radix) : -1;
      value = value * radix + digit;
      if (digit < 0 || value > limit) {
        return -1;
      }
    }
    return digits.isEmpty() ? -1 : value;
  }

  static String format(IpAddress address) {
    if (address.family() == Family.IPV4) {
      return quad(address.low());
    }
    int[] words = new int[WORDS];
    for (int i = 0; i < WORDS; i++) {
      long half = i < 4 ? address.high() : address.low();
      words[i] = (int) (half >>> (48 - 16 * (i % 4))) & 0xffff;
    }
    int start = -1;
    int length = 1; // a single zero word is not shortened (RFC 5952, section 4.2.2)
    for (int i = 0; i < WORDS; i++) {
      int end = i;
      while (end < WORDS && words[end] == 0) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
      i = Math.max(i, end);
    }
    boolean embedded = start == 0 && (length == 6 || length == 5 && words[5] == 0xffff);
    int last = embedded ? 6 : WORDS;
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < last; i++) {
      if (i == start) {
        text.append("::");
        i += length - 1;
      } else {
        if (i > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(words[i]));
      }
    }
    if (embedded) {
      if (text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(quad(address.low()));
    }
    return text.toString();
  }

  private static String quad(long bits) {
    return (bits >>> 24 & 255)
        + "."
        + (bits >>> 16 & 255)
        + "."
        + (bits >>> 8 & 255)
        + "."
        + (bits & 255);
  }
}
