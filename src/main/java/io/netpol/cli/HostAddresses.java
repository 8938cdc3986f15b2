package io.netpol.cli;

import io.netpol.net.IpAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;

/**
 * Lists the addresses of the network that this process is in: on a node those of its own
 * interfaces.
 */
final class HostAddresses {

  private HostAddresses() {}

  /** Returns the addresses at the moment. */
  static Set<IpAddress> now() {
    Set<IpAddress> addresses = new HashSet<>();
    try {
      NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .forEach(address -> addresses.add(parsed(address)));
    } catch (SocketException e) {
      throw new IllegalStateException("cannot list the addresses of this node", e);
    }
    return addresses;
  }

  /** Without the name of the interface that Java appends to a link-local address. */
  private static IpAddress parsed(InetAddress address) {
    try {
      return IpAddress.parse(InetAddress.getByAddress(address.getAddress()).getHostAddress());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of an impossible length", e);
    }
  }
}
