package io.netpol.policy;

import java.util.List;

/**
 * What matters of a Node.
 *
 * @param name {@code metadata.name}
 * @param addresses {@code status.addresses} that are IP addresses
 * @param podRanges {@code spec.podCIDRs}, empty where the cluster gives nodes none
 */
public record Node(String name, List<IpAddress> addresses, List<Cidr> podRanges) {

  public Node {
    addresses = List.copyOf(addresses);
    podRanges = List.copyOf(podRanges);
  }
}
