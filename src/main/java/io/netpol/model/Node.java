package io.netpol.model;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Represents the parts of a Node that policies depend on.
 *
 * @param name {@code metadata.name}
 * @param addresses the IP addresses in {@code status.addresses}
 * @param podRanges {@code spec.podCIDRs}, empty if the cluster assigns none to nodes
 * @param furtherAddresses local addresses of the node that its status does not name: those of
 *     bridges, of a node-local DNS cache, of dummy and IPVS interfaces
 * @param knowledge how much is known of {@code furtherAddresses}
 */
public record Node(
    String name,
    List<IpAddress> addresses,
    List<Cidr> podRanges,
    Set<IpAddress> furtherAddresses,
    Knowledge knowledge) {

  /** Tells how completely the addresses of a node are known. */
  public enum Knowledge {
    /** Only the addresses of its status. */
    STATUS,
    /** Some more addresses, which a user has given. */
    NAMED,
    /** All addresses, read on the node itself. */
    ALL
  }

  /**
   * The address at which many clouds serve the metadata of a machine: link-local, and not the node
   * itself.
   */
  private static final IpAddress METADATA = IpAddress.parse("169.254.169.254");

  public Node {
    addresses = List.copyOf(addresses);
    podRanges = List.copyOf(podRanges);
    furtherAddresses = Set.copyOf(furtherAddresses);
  }

  /** Makes a node of which only the API object is known. */
  public Node(String name, List<IpAddress> addresses, List<Cidr> podRanges) {
    this(name, addresses, podRanges, Set.of(), Knowledge.STATUS);
  }

  /** Returns a node of which only the name is known. */
  public static Node named(String name) {
    return new Node(name, List.of(), List.of());
  }

  /**
   * Returns a copy of the node with further local addresses, in addition to those that were known.
   */
  public Node withAddresses(Collection<IpAddress> more, Knowledge knowledge) {
    Set<IpAddress> all = new HashSet<>(furtherAddresses);
    all.addAll(more);
    return new Node(name, addresses, podRanges, all, knowledge);
  }

  /** Returns whether the address is known to be local to the node. */
  public boolean owns(IpAddress address) {
    return addresses.contains(address) || furtherAddresses.contains(address);
  }

  /**
   * Returns whether an address that no known object has is probably local to the node: a link-local
   * address, or one in its pod ranges, such as that of the bridge. False if all addresses of the
   * node are known.
   */
  public boolean probablyOwns(IpAddress address) {
    return knowledge == Knowledge.STATUS
        && !address.equals(METADATA)
        && (address.isLinkLocal() || podRanges.stream().anyMatch(range -> range.contains(address)));
  }
}
