package io.netpol.analysis.matrix;

import io.netpol.net.Cidr;
import io.netpol.net.CidrSet;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/** Finds addresses that are nobody's and in no range of pods. */
final class FreeAddresses {

  private final NavigableSet<IpAddress> taken;
  private final CidrSet<Cidr> podRanges = new CidrSet<>();

  FreeAddresses(Collection<IpAddress> taken, Collection<Cidr> podRanges) {
    this.taken = new TreeSet<>(taken);
    podRanges.forEach(range -> this.podRanges.add(range, range));
  }

  /** Returns an address of the block that lies in no hole either; all holes lie in the block. */
  Optional<IpAddress> in(Cidr block, Collection<Cidr> holes) {
    if (!podRanges.holding(block).isEmpty()) {
      return Optional.empty();
    }
    List<Cidr> within = new ArrayList<>(holes);
    within.addAll(podRanges.in(block));
    for (Cidr rest : block.minus(within)) {
      List<Cidr> single =
          taken.subSet(rest.base(), true, rest.last(), true).stream().map(Cidr::of).toList();
      List<Cidr> left = single.isEmpty() ? List.of(rest) : rest.minus(single);
      if (!left.isEmpty()) {
        return Optional.of(left.get(left.size() - 1).base());
      }
    }
    return Optional.empty();
  }
}
