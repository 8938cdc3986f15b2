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
 * Senders as few blocks of addresses. conntrack walks the whole table for each deletion, and takes
 * a block of senders in one; so neighbours go together where nobody between them may connect.
 */
final class SourceCidrs {

  /** The bits in which the addresses of one block may differ: judging 256 is less than a walk. */
  private static final int MOST_BITS = 8;

  private final Predicate<IpAddress> forbidden;
  private final List<Cidr> blocks = new ArrayList<>();

  private SourceCidrs(Predicate<IpAddress> forbidden) {
    this.forbidden = forbidden;
  }

  /**
   * Blocks that hold all of these, and else nobody who is allowed.
   *
   * @param senders of one family
   * @param forbidden whether an address may not connect, be it one of the senders or any other
   */
  static List<Cidr> of(Collection<IpAddress> senders, Predicate<IpAddress> forbidden) {
    SourceCidrs found = new SourceCidrs(forbidden);
    Map<Cidr, List<IpAddress>> near =
        senders.stream()
            .collect(Collectors.groupingBy(SourceCidrs::around, TreeMap::new, Collectors.toList()));
    near.forEach(found::cover);
    return found.blocks;
  }

  /** Returns the largest block that an address may go in. */
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
