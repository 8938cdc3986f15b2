package io.netpol.analysis.explain;

import io.netpol.net.IpAddress;

/**
 * Describes an address that no known Pod or Node has. It may be local to the node of the other pod:
 * then the kernel lets the connection pass, whatever policies say.
 *
 * @param node the node's name
 * @param probable whether it is of a kind that mostly is the node's: link-local, or in its pod
 *     ranges
 */
public record AddressDoubt(IpAddress address, String node, boolean probable) {

  /** Returns what is in doubt, in words that follow "but", and what to do. */
  public String sentence() {
    return address
        + (probable ? " may well be" : " may be")
        + " a local address of node "
        + node
        + ", which its pods always reach. --node-address "
        + node
        + "="
        + address
        + " says that it is; --agent on "
        + node
        + " knows.";
  }
}
