package io.netpol.dataplane.conntrack;

import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Holds the four addresses of a tracked connection. Those of the reply direction differ from the
 * original ones if the connection is translated, as to a Service or by masquerading.
 */
record ConnectionAddresses(
    IpAddress originalSource,
    IpAddress originalDestination,
    IpAddress replySource,
    IpAddress replyDestination) {

  /**
   * Parses a line of {@code conntrack -L} or {@code conntrack -D}, in any of their formats but XML
   * (conntrack(8)).
   *
   * @return empty if the line does not have exactly these addresses
   */
  static Optional<ConnectionAddresses> parse(String line) {
    List<IpAddress> sources = new ArrayList<>(2);
    List<IpAddress> destinations = new ArrayList<>(2);
    try {
      for (String word : line.split("\\s+")) {
        if (word.startsWith("src=")) {
          sources.add(IpAddress.parse(word.substring(4)));
        } else if (word.startsWith("dst=")) {
          destinations.add(IpAddress.parse(word.substring(4)));
        }
      }
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return sources.size() == 2 && destinations.size() == 2
        ? Optional.of(
            new ConnectionAddresses(
                sources.get(0), destinations.get(0), sources.get(1), destinations.get(1)))
        : Optional.empty();
  }

  /** Returns all four addresses. */
  Stream<IpAddress> all() {
    return Stream.of(originalSource, originalDestination, replySource, replyDestination);
  }
}
