package io.netpol.dataplane.render;

import io.netpol.model.Direction;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Protocol;
import java.util.List;

/** Says what a packet must be for a rule to apply to it. */
public sealed interface Match {

  /** Names one of the two addresses of a packet. */
  enum Address {
    SOURCE,
    DESTINATION;

    /** Returns the address of the peer of a pod for which a connection has this direction. */
    public static Address ofPeer(Direction direction) {
      return direction == Direction.INGRESS ? SOURCE : DESTINATION;
    }

    /** Returns the address of the pod itself for which a connection has this direction. */
    public static Address ofPod(Direction direction) {
      return direction == Direction.EGRESS ? SOURCE : DESTINATION;
    }
  }

  /** The address is in the block; a block of prefix length 0 holds every address. */
  record InBlock(Address address, Cidr block) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inBlock(this);
    }
  }

  /** The address, with the destination port where the set holds ports, is in the set. */
  record InSet(Address address, AddressSet set) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inSet(this);
    }
  }

  /** The packet is one of the transport protocol, to whichever port. */
  record Transport(Protocol protocol) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.transport(this);
    }
  }

  /**
   * The packet's destination port is in one of the ranges.
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

    /** Returns the protocol that all of the ports are of. */
    public Protocol protocol() {
      return ranges.get(0).protocol();
    }
  }

  /** The packet is one of UDP with these ports. */
  record UdpPorts(int source, int destination) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.udpPorts(this);
    }
  }

  /** The packet is one of ICMP, or of ICMPv6 where the rule's family is IPv6, of this type. */
  record Icmp(int type) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.icmp(this);
    }
  }

  /** The packet is one of IGMP (RFC 3376). */
  record Igmp() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.igmp(this);
    }
  }

  /** Connection tracking knows the packet's connection, or one that it is related to. */
  record Established() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.established(this);
    }
  }

  /**
   * Holds for about so many packets a minute, and for as many at once.
   *
   * @param perMinute 1 to 10,000
   */
  record RateLimit(int perMinute) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.rateLimit(this);
    }
  }

  /** The packet came in by the device; of one between ports of a bridge, that is the bridge. */
  record InputDevice(String device) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.inputDevice(this);
    }
  }

  /** The packet goes from one port of a bridge to another. */
  record Bridged() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.bridged(this);
    }
  }

  /**
   * The packet goes from one port of a bridge to another, and this is one of the two.
   *
   * @param direction {@code EGRESS} for the port that it came in by, where a pod sends it; {@code
   *     INGRESS} for the port that it leaves by
   * @param port the name of the port's device
   * @param prefix whether every port is meant whose name starts so
   */
  record BridgePort(Direction direction, String port, boolean prefix) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.bridgePort(this);
    }
  }

  /** Whether the routing table calls the destination a broadcast address. */
  record BroadcastAddress(boolean expected) implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.broadcastAddress(this);
    }
  }

  /** The packet's frame is sent to all stations of its link. */
  record BroadcastFrame() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.broadcastFrame(this);
    }
  }

  /** The source is none of the host's own addresses. */
  record FromElsewhere() implements Match {
    @Override
    public <T> T accept(Visitor<T> visitor) {
      return visitor.fromElsewhere(this);
    }
  }

  /** Says something for each kind of match; a new kind is a method that every back-end lacks. */
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

  /** Calls the visitor's method for this kind. */
  <T> T accept(Visitor<T> visitor);
}
