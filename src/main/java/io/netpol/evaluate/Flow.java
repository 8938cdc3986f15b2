package io.netpol.evaluate;

import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;

/**
 * Represents a new connection.
 *
 * @param from the source address
 * @param to the destination address, of the same family
 * @param protocol null for a protocol without ports, such as ICMP
 * @param port the destination port; 0 if the protocol is null
 */
public record Flow(IpAddress from, IpAddress to, Protocol protocol, int port) {}
