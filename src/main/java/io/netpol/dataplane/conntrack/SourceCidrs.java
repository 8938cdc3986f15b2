package io.netpol.dataplane.conntrack;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Combines sources into few CIDR blocks. conntrack walks the whole table for each deletion, and
 * accepts a block of sources, so neighbours are combined if no address between them may connect.
 */
final class SourceCidrs {

  /** The number of host bits of a block: 256 verdicts cost less than a walk of the table. */
  private static final int MOST_BITS = 8;

  private final Predicate<IpAddress> forbidden;
  private final List<Cidr> blocks = new ArrayList<>();

  private SourceCidrs(Predicate<IpAddress> forbidden) {
    this.forbidden = forbidden;
  }

  /**
   * Returns blocks that contain all sources, and no address that may connect.
   *
   * @param senders addresses of one family
   * @param forbidden tells whether an address must not connect, whether it is one of the senders or
   *     not
   */
  static List<Cidr> of(Collection<IpAddress> senders, Predicate<IpAddress> forbidden) {
    SourceCidrs found = new SourceCidrs(forbidden);
    Map<Cidr, List<IpAddress>> near =
        senders.stream()
            .collect(Collectors.groupingBy(SourceCidrs::around, TreeMap::new, Collectors.toList()));
    near.forEach(found::cover);
    return found.blocks;
  }

  /** Returns the largest block around an address in which no address may connect. */
  static Cidr around(IpAddress sender) {
    return new Cidr(sender, sender.family().bits() - MOST_BITS);
  }

  private void cover(Cidr block, List<IpAddress> senders) {
    if (senders.isEmpty()) {
      return;
    }
    if (senders.size() == 1) {
      blocks.add(Cidr.of(senders.get(0)));
    } else if (isForbidden(block)) {
      blocks.add(block);
    } else {
      for (Cidr half : block.halves()) {
        cover(half, senders.stream().filter(half::contains).toList());
      }
    }
  }

  private boolean isForbidden(Cidr block) {
    return block.prefix() == block.family().bits()
        ? forbidden.test(block.base())
        : block.halves().stream().allMatch(this::isForbidden);
  }
}
