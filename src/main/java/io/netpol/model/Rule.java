package io.netpol.model;

import java.util.List;

/**
 * Allows any of the peers on any of the ports ({@code NetworkPolicyIngressRule}, {@code
 * NetworkPolicyEgressRule}).
 *
 * @param peers empty allows nobody (all peers are invalid); absent peers are {@link Peer.Everyone}
 * @param ports empty allows no port (all ports are invalid); absent ports are {@link PortMatch.Any}
 */
public record Rule(List<Peer> peers, List<PortMatch> ports) {

  public Rule {
    peers = List.copyOf(peers);
    ports = List.copyOf(ports);
  }

  /** Returns whether the rule allows every peer on every port. */
  public boolean isEverything() {
    return peers.stream().anyMatch(Peer.Everyone.class::isInstance)
        && ports.stream().anyMatch(PortMatch.Any.class::isInstance);
  }
}
