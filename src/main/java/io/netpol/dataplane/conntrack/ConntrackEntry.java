package io.netpol.dataplane.conntrack;

import io.netpol.evaluate.Flow;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.Locale;
import java.util.Optional;

/**
 * Identifies tracked connections by everything that a verdict depends on: source, destination,
 * protocol and destination port. Connections that differ only in the source port are one entry.
 *
 * @param sender the source address before address translation
 * @param receiver the destination address after translation
 * @param protocol the IP protocol number (RFC 5237)
 * @param port the destination port after translation; 0 for protocols without ports
 * @param zone the connection tracking zone, mostly 0
 */
public record ConntrackEntry(
    IpAddress sender, IpAddress receiver, int protocol, int port, int zone) {

  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int SCTP = 132;

  private static final int MAX_BYTE = 255;
  private static final int MAX_SHORT = 65535;

  /** The words for the name and number of the network and the transport protocol. */
  private static final int LEADING_WORDS = 4;

  /**
   * Parses a line of {@code conntrack -L -o extended}, such as {@code ipv4 2 tcp 6 300 ESTABLISHED
   * src=10.0.0.1 dst=10.0.0.2 sport=1000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=1000
   * [ASSURED] mark=0 use=1}. Of two words with one key, the first is of the original direction, the
   * second of the reply direction.
   *
   * @return empty if the line is something else or cannot be parsed
   */
  public static Optional<ConntrackEntry> parse(String line) {
    return parse(line, 1, 2);
  }

  /**
   * Parses a line in the opposite direction: the connection that this one replies to, if conntrack
   * took a reply for the first packet of a connection, because it no longer knew the original one.
   */
  static Optional<ConntrackEntry> parseAnswered(String line) {
    return parse(line, 2, 1);
  }

  /** Parses a line with the indexes of the source and the destination among words with one key. */
  private static Optional<ConntrackEntry> parse(String line, int sends, int receives) {
    String[] words = line.trim().split("\\s+");
    if (words.length < LEADING_WORDS) {
      return Optional.empty();
    }
    Family family =
        words[0].equals("ipv4") ? Family.IPV4 : words[0].equals("ipv6") ? Family.IPV6 : null;
    int protocol = number(words[3], MAX_BYTE);
    String sender = null;
    String receiver = null;
    String port = null;
    int sources = 0;
    int ports = 0;
    int zone = 0;
    for (String word : words) {
      if (word.startsWith("src=")) {
        sources++;
        sender = sources == sends ? word.substring(4) : sender;
        receiver = sources == receives ? word.substring(4) : receiver;
      } else if (word.startsWith("sport=")) {
        ports++;
        port = ports == receives ? word.substring(6) : port;
      } else if (word.startsWith("zone")) {
        zone = word.startsWith("zone=") ? number(word.substring(5), MAX_SHORT) : -1;
      }
    }
    boolean hasPorts = protocol == TCP || protocol == UDP || protocol == SCTP;
    int portNumber = hasPorts ? number(port, MAX_SHORT) : 0;
    if (family == null || protocol < 0 || sources != 2 || portNumber < 0 || zone < 0) {
      return Optional.empty();
    }
    try {
      IpAddress from = IpAddress.parse(sender);
      IpAddress to = IpAddress.parse(receiver);
      return from.family() == family && to.family() == family
          ? Optional.of(new ConntrackEntry(from, to, protocol, portNumber, zone))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Returns the number that decimal digits spell, or -1. */
  private static int number(String digits, int most) {
    if (digits == null || digits.isEmpty() || digits.length() > 5) {
      return -1;
    }
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return -1;
      }
    }
    int value = Integer.parseInt(digits);
    return value > most ? -1 : value;
  }

  /** Returns the flow to evaluate. */
  Flow flow() {
    Protocol named =
        switch (protocol) {
          case TCP -> Protocol.TCP;
          case UDP -> Protocol.UDP;
          case SCTP -> Protocol.SCTP;
          default -> null;
        };
    return new Flow(sender, receiver, named, port);
  }

  /** Returns a copy with another source. */
  ConntrackEntry from(IpAddress other) {
    return new ConntrackEntry(other, receiver, protocol, port, zone);
  }

  /**
   * Returns the {@code conntrack --load-file} command that deletes exactly these connections.
   *
   * @param senders the sources of the connections
   */
  String deletion(Cidr senders) {
    boolean single = senders.prefix() == senders.family().bits();
    return deletion(single ? senders.base() : senders, receiver, "--reply-port-src");
  }

  /** Returns the command that deletes connections that replies of this one have opened. */
  String deletionOfAnswers() {
    return deletion(receiver, sender, "--orig-port-src");
  }

  private String deletion(Object opener, IpAddress other, String portOption) {
    return String.format(
        Locale.ROOT,
        "-D -f %s -p %d -s %s -r %s%s%s",
        receiver.family() == Family.IPV4 ? "ipv4" : "ipv6",
        protocol,
        opener,
        other,
        port == 0 ? "" : " " + portOption + " " + port,
        zone == 0 ? "" : " -w " + zone);
  }
}
