package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.model.Peer;
import io.netpol.net.Cidr;
import io.netpol.net.CidrSet;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Finds the members whose address a block holds, without a look at all of them. */
final class MembersByAddress {

  private final NavigableMap<IpAddress, List<Member>> byAddress = new TreeMap<>();

  private MembersByAddress() {}

  static MembersByAddress of(Collection<Member> members) {
    MembersByAddress index = new MembersByAddress();
    for (Member member : members) {
      for (Endpoint end : member.endpoints().values()) {
        if (end.address() != null) {
          index.byAddress.computeIfAbsent(end.address(), a -> new ArrayList<>(1)).add(member);
        }
      }
    }
    return index;
  }

  /** Returns those with an address in the block, and in none of its exceptions. */
  List<Member> in(Peer.Block block) {
    CidrSet<Cidr> holes = new CidrSet<>();
    block.except().forEach(hole -> holes.add(hole, hole));
    List<Member> found = new ArrayList<>();
    byAddress
        .subMap(block.cidr().base(), true, block.cidr().last(), true)
        .forEach(
            (address, members) -> {
              if (holes.holding(Cidr.of(address)).isEmpty()) {
                found.addAll(members);
              }
            });
    return found;
  }
}
