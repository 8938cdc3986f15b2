package io.netpol.lab;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Describes a probe: a new connection from a member of a lab to an address.
 *
 * @param from the member of the lab that connects
 * @param toAddress an IPv4 or IPv6 address in numbers
 * @param protocol what is sent
 * @param port the destination port, 0 for ICMP
 */
public record Flow(String from, String toAddress, Protocol protocol, int port) {
  /** What a flow is made of; ICMP is an echo request of the address's family. */
  public enum Protocol {
    TCP,
    UDP,
    ICMP
  }

  /** What became of a flow. */
  public enum Outcome {
    /** The request arrived and its answer came back. */
    ALLOWED,
    /** Nothing came back. */
    DENIED,
    /** A TCP reset or an ICMP error came back, or there is no route. */
    REJECTED
  }

  public Flow {
    IpLiteral.parse(toAddress);
    if ((protocol == Protocol.ICMP) != (port == 0) || port < 0 || port > 65535) {
      throw new IllegalArgumentException("no port for " + protocol + ": " + port);
    }
  }

  /** Returns a TCP connection. */
  public static Flow tcp(String from, String toAddress, int port) {
    return new Flow(from, toAddress, Protocol.TCP, port);
  }

  /** Returns a UDP datagram and its answer. */
  public static Flow udp(String from, String toAddress, int port) {
    return new Flow(from, toAddress, Protocol.UDP, port);
  }

  /** Returns an echo request and its answer. */
  public static Flow icmp(String from, String toAddress) {
    return new Flow(from, toAddress, Protocol.ICMP, 0);
  }

  /** Returns all flows from some members to some addresses; ports don't matter to ICMP. */
  public static List<Flow> all(
      Collection<String> froms,
      Collection<String> toAddresses,
      Collection<Protocol> protocols,
      Collection<Integer> ports) {
    List<Flow> flows = new ArrayList<>();
    for (String from : froms) {
      for (String to : toAddresses) {
        for (Protocol protocol : protocols) {
          (protocol == Protocol.ICMP ? List.of(0) : ports)
              .forEach(port -> flows.add(new Flow(from, to, protocol, port)));
        }
      }
    }
    return flows;
  }

  @Override
  public String toString() {
    String end = protocol == Protocol.ICMP ? "" : " port " + port;
    return from + " -> " + toAddress + " " + protocol + end;
  }
}
