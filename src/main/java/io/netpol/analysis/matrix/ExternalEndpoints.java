package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.index.Cluster;
import io.netpol.model.Node;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Lists the addresses that no pod and no node has, as members that stand for all that the blocks of
 * rules don't tell apart: between two neighbouring limits of blocks every address is treated alike.
 */
final class ExternalEndpoints {

  /** The name of the member that stands for all addresses in no block. */
  static final String WORLD = "world";

  private final Set<IpAddress> taken = new HashSet<>();
  private final List<Cidr> podRanges;
  private final Collection<Cidr> blocks;
  private final Set<Family> families;

  ExternalEndpoints(Cluster cluster, Collection<Cidr> blocks, Set<Family> families) {
    this.blocks = new TreeSet<>(blocks);
    this.families = families;
    this.podRanges = cluster.nodes().stream().map(Node::podRanges).flatMap(List::stream).toList();
    cluster.pods().forEach(pod -> taken.addAll(pod.addresses()));
    for (Node node : cluster.nodes()) {
      taken.addAll(node.addresses());
      taken.addAll(node.furtherAddresses());
    }
  }

  /**
   * Returns the world first, with both families; then a member for each block with addresses of its
   * own.
   */
  List<Member> members() {
    Map<Cidr, IpAddress> samples = new TreeMap<>();
    Map<Family, Endpoint> world = new EnumMap<>(Family.class);
    FreeAddresses free = new FreeAddresses(taken, podRanges);
    for (Family family : families) {
      TreeSet<Cidr> ours = new TreeSet<>();
      blocks.stream().filter(b -> b.family() == family && b.prefix() > 0).forEach(ours::add);
      Cidr everything = new Cidr(zero(family), 0);
      free.in(everything, ours).ifPresent(a -> world.put(family, new Endpoint(a, List.of())));
      for (Cidr block : ours) {
        List<Cidr> inside = new ArrayList<>(ours.subSet(block, false, Cidr.of(block.last()), true));
        inside.removeIf(other -> !block.contains(other));
        free.in(block, inside).ifPresent(address -> samples.put(block, address));
      }
    }
    List<Member> members = new ArrayList<>();
    if (!world.isEmpty()) {
      members.add(new Member(WORLD, Optional.empty(), "", world));
    }
    samples.forEach(
        (block, address) ->
            members.add(
                new Member(
                    block.toString(),
                    Optional.empty(),
                    "",
                    Map.of(block.family(), new Endpoint(address, List.of())))));
    return members;
  }

  private static IpAddress zero(Family family) {
    return family == Family.IPV4 ? IpAddress.ipv4(0) : IpAddress.ipv6(0, 0);
  }
}
