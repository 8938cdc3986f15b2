package io.netpol.cli;

/** Prints the addresses that an agent takes for its node's; started where these are looked for. */
final class PrintHostAddresses {

  private PrintHostAddresses() {}

  /** One a line. */
  public static void main(String[] args) {
    HostAddresses.now().forEach(System.out::println);
  }
}
