package io.netpol.dataplane.conntrack;

import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds tracked connections of addresses that their pods no longer have, whether the address is
 * source or destination, and before or after translation.
 */
public final class LeftConnections {

  /**
   * Names the address by which conntrack selects a connection. It accepts CIDR blocks only for the
   * first two.
   */
  private enum By {
    ORIGINAL_SOURCE("-s", true),
    ORIGINAL_DESTINATION("-d", true),
    REPLY_SOURCE("-r", false),
    REPLY_DESTINATION("-q", false);

    private final String option;
    private final boolean takesBlocks;

    By(String option, boolean takesBlocks) {
      this.option = option;
      this.takesBlocks = takesBlocks;
    }

    private IpAddress of(ConnectionAddresses addresses) {
      return switch (this) {
        case ORIGINAL_SOURCE -> addresses.originalSource();
        case ORIGINAL_DESTINATION -> addresses.originalDestination();
        case REPLY_SOURCE -> addresses.replySource();
        case REPLY_DESTINATION -> addresses.replyDestination();
      };
    }
  }

  private final Predicate<IpAddress> left;
  private final Map<By, Map<Family, Set<IpAddress>>> found = new EnumMap<>(By.class);
  private int connections;
  private int notUnderstood;

  /**
   * Makes a search.
   *
   * @param left tells whether the connections of an address must be deleted; called again at the
   *     deletion
   */
  public LeftConnections(Predicate<IpAddress> left) {
    this.left = left;
  }

  /** Parses one line of {@code conntrack -L}. */
  public void take(String line) {
    ConnectionAddresses addresses = ConnectionAddresses.parse(line).orElse(null);
    if (addresses == null) {
      notUnderstood++;
      return;
    }
    for (By by : By.values()) {
      IpAddress address = by.of(addresses);
      if (left.test(address)) {
        connections++;
        found
            .computeIfAbsent(by, b -> new EnumMap<>(Family.class))
            .computeIfAbsent(address.family(), f -> new TreeSet<>())
            .add(address);
        return; // a connection is deleted once, by whichever address
      }
    }
  }

  /** Returns whether a line of {@code conntrack} describes a connection. */
  public static boolean isConnection(String line) {
    return ConnectionAddresses.parse(line).isPresent();
  }

  /** Returns whether a line of {@code conntrack} describes a connection of such an address. */
  public boolean isLeft(String line) {
    return ConnectionAddresses.parse(line)
        .filter(addresses -> addresses.all().anyMatch(left))
        .isPresent();
  }

  /** Returns the number of connections that were found. */
  public int connections() {
    return connections;
  }

  /** Returns the number of lines that could not be parsed. */
  public int notUnderstood() {
    return notUnderstood;
  }

  /**
   * Returns {@code conntrack --load-file} commands that delete the connections, lazily. The kernel
   * walks the whole table for each command, so neighbouring addresses share one.
   */
  public Iterator<String> deletions() {
    return found.entrySet().stream()
        .flatMap(by -> by.getValue().entrySet().stream().flatMap(f -> deletions(by.getKey(), f)))
        .iterator();
  }

  private Stream<String> deletions(By by, Map.Entry<Family, Set<IpAddress>> addresses) {
    Stream<IpAddress> still = addresses.getValue().stream().filter(left);
    Stream<Cidr> blocks =
        by.takesBlocks ? SourceCidrs.of(still.toList(), left).stream() : still.map(Cidr::of);
    String family = addresses.getKey() == Family.IPV4 ? "ipv4" : "ipv6";
    return blocks.map(
        block ->
            String.format(
                Locale.ROOT,
                "-D -f %s %s %s",
                family,
                by.option,
                block.prefix() == block.family().bits() ? block.base() : block));
  }
}
