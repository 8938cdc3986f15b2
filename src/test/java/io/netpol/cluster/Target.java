package io.netpol.cluster;

/**
 * What a client connects to.
 *
 * @param name says it in a test's result
 */
record Target(String name, boolean udp, String address, int port) {

  static Target tcp(String name, String address, int port) {
    return new Target(name + " " + family(address) + " tcp", false, address, port);
  }

  static Target udp(String name, String address, int port) {
    return new Target(name + " " + family(address) + " udp", true, address, port);
  }

  /** A shell command that succeeds where the target answers within three seconds. */
  String attempt() {
    return attempt(3);
  }

  /** A shell command that succeeds where the target answers within some seconds. */
  String attempt(int seconds) {
    return udp
        ? "agnhost connect --protocol=udp --timeout=" + seconds + "s " + host() + ":" + port
        : "busybox nc -w " + seconds + " " + address + " " + port + " -e true";
  }

  private String host() {
    return address.contains(":") ? "[" + address + "]" : address;
  }

  private static String family(String address) {
    return address.contains(":") ? "ipv6" : "ipv4";
  }
}
