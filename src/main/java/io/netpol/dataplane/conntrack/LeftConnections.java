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
 * Finds the tracked connections that pods have left behind at addresses which they no longer have,
 * whichever side the address is on, and whatever is translated.
 */
public final class LeftConnections {

  /** What a connection can be found by. Blocks of addresses can be given for the first two only. */
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
   * Looks for connections of some addresses.
   *
   * @param left whether all connections of an address are to go; asked again when they do
   */
  public LeftConnections(Predicate<IpAddress> left) {
    this.left = left;
  }

  /** Takes in one line of what {@code conntrack -L} prints. */
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
        return; // whatever it is found by, it is deleted once
      }
    }
  }

  /** Returns whether a line that {@code conntrack} printed is of a connection at all. */
  public static boolean isConnection(String line) {
    return ConnectionAddresses.parse(line).isPresent();
  }

  /** Returns whether a line that {@code conntrack} printed is of such a connection. */
  public boolean isLeft(String line) {
    return ConnectionAddresses.parse(line)
        .filter(addresses -> addresses.all().anyMatch(left))
        .isPresent();
  }

  /** Returns how many were found. */
  public int connections() {
    return connections;
  }

  /** Returns how many lines were no connections that can be understood. */
  public int notUnderstood() {
    return notUnderstood;
  }

  /**
   * Commands for {@code conntrack --load-file} that delete them, each made when it is asked for.
   * For each the whole table is walked, so neighbours that are all left go together.
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
