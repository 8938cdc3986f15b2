package io.netpol.evaluate;

import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;

/**
 * A new connection, or the first packet of one.
 *
 * @param from the source address
 * @param to the destination address, of the same family
 * @param protocol null for a protocol that no policy port can name, such as ICMP
 * @param port the destination port; 0 where the protocol is null
 */
public record Flow(IpAddress from, IpAddress to, Protocol protocol, int port) {}
