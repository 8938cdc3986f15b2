package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Protocol;
import java.util.List;

/** Describes a condition that a packet must meet for a rule to apply. */
public sealed interface Match {

  /** Names one of the two addresses of a packet. */
  enum Address {
    SOURCE,
    DESTINATION;

    /** Returns the address of the peer, for a connection in this direction. */
    public static Address ofPeer(Direction direction) {
      return direction == Direction.INGRESS ? SOURCE : DESTINATION;
    }

    /** Returns the address of the pod, for a connection in this direction. */
    public static Address ofPod(Direction direction) {
      return direction == Direction.EGRESS ? SOURCE : DESTINATION;
    }
  }

  /** Matches an address in the block; prefix length 0 matches every address. */
  record InBlock(Address address, Cidr block) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inBlock(this);
    }
  }

  /**
   * Matches an address in the set, together with the destination port if the set contains ports.
   */
  record InSet(Address address, AddressSet set) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inSet(this);
    }
  }

  /** Matches a transport protocol, with any port. */
  record Transport(Protocol protocol) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.transport(this);
    }
  }

  /**
   * Matches a destination port in one of the ranges.
   *
   * @param ranges not empty; of one protocol
   */
  record DestinationPorts(List<PortMatch.Range> ranges) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.destinationPorts(this);
    }

    public DestinationPorts {
      ranges = List.copyOf(ranges);
    }

    /** Returns the protocol of all ports. */
    public Protocol protocol() {
      return ranges.get(0).protocol();
    }
  }

  /** Matches UDP with these ports. */
  record UdpPorts(int source, int destination) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.udpPorts(this);
    }
  }

  /** Matches a type of ICMP, or of ICMPv6 in a rule of IPv6. */
  record Icmp(int type) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.icmp(this);
    }
  }

  /** Matches IGMP (RFC 3376). */
  record Igmp() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.igmp(this);
    }
  }

  /**
   * Matches packets of tracked connections, and of connections related to them (ESTABLISHED,
   * RELATED).
   */
  record Established() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.established(this);
    }
  }

  /**
   * Matches about this number of packets a minute, with a burst of the same size.
   *
   * @param perMinute 1 to 10,000
   */
  record RateLimit(int perMinute) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.rateLimit(this);
    }
  }

  /** Matches the input device; for packets between bridge ports, that is the bridge. */
  record InputDevice(String device) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inputDevice(this);
    }
  }

  /** Matches packets between two ports of a bridge. */
  record Bridged() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.bridged(this);
    }
  }

  /**
   * Matches packets between two ports of a bridge by one of the ports.
   *
   * @param direction {@code EGRESS} for the input port, by which a pod sends; {@code INGRESS} for
   *     the output port
   * @param port the name of the port's device
   * @param prefix whether to match every port whose name has this prefix
   */
  record BridgePort(Direction direction, String port, boolean prefix) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.bridgePort(this);
    }
  }

  /** Matches whether the routing table has the destination as a broadcast address. */
  record BroadcastAddress(boolean expected) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.broadcastAddress(this);
    }
  }

  /** Matches packets in a link-layer broadcast frame. */
  record BroadcastFrame() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.broadcastFrame(this);
    }
  }

  /** Matches a source that is not an address of the host. */
  record FromElsewhere() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.fromElsewhere(this);
    }
  }

  /** Handles each kind of match; a new kind is a method that every back-end must implement. */
  interface Visitor<T> {
    T inBlock(InBlock match);

    T inSet(InSet match);

    T transport(Transport match);

    T destinationPorts(DestinationPorts match);

    T udpPorts(UdpPorts match);

    T icmp(Icmp match);

    T igmp(Igmp match);

    T established(Established match);

    T rateLimit(RateLimit match);

    T inputDevice(InputDevice match);

    T bridged(Bridged match);

    T bridgePort(BridgePort match);

    T broadcastAddress(BroadcastAddress match);

    T broadcastFrame(BroadcastFrame match);

    T fromElsewhere(FromElsewhere match);
  }

  /** Calls the method of the visitor for this kind. */
  <T> T accept(Visitor<T> visitor);
}
