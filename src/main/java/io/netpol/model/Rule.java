package io.netpol.model;

import java.util.List;

/**
 * One rule of a policy: any of the peers on any of the ports ({@code NetworkPolicyIngressRule},
 * {@code NetworkPolicyEgressRule}).
 *
 * @param peers empty admits nobody (all peers were unreadable); absent peers are {@link
 *     Peer.Everyone}
 * @param ports empty admits no port (all ports were unreadable); absent ports are {@link
 *     PortMatch.Any}
 */
public record Rule(List<Peer> peers, List<PortMatch> ports) {

  public Rule {
    peers = List.copyOf(peers);
    ports = List.copyOf(ports);
  }

  /** Returns whether the rule admits every peer on every port. */
  public boolean isEverything() {
    return peers.stream().anyMatch(Peer.Everyone.class::isInstance)
        && ports.stream().anyMatch(PortMatch.Any.class::isInstance);
  }
}
