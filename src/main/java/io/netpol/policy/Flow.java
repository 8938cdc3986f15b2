package io.netpol.policy;

/**
 * A new connection, or the first packet of one.
 *
 * @param from the source address
 * @param to the destination address, of the same family
 * @param protocol null for a protocol that no policy port can name, such as ICMP
 * @param port the destination port; 0 where the protocol is null
 */
public record Flow(IpAddress from, IpAddress to, Protocol protocol, int port) {

  /** Whether a rule's port admits this connection, named ports being those of the receiver. */
  boolean uses(PortMatch match, Pod receiver) {
    if (match instanceof PortMatch.Any) {
      return true;
    } else if (match instanceof PortMatch.AllOf all) {
      return all.protocol() == protocol;
    } else if (match instanceof PortMatch.Range range) {
      return range.protocol() == protocol && range.first() <= port && port <= range.last();
    }
    PortMatch.Named named = (PortMatch.Named) match;
    return named.protocol() == protocol
        && receiver != null
        && receiver.portNumbers(named).contains(port);
  }
}
