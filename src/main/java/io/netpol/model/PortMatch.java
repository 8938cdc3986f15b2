package io.netpol.model;

import io.netpol.net.Protocol;

/** Describes the destination ports that a rule allows ({@code NetworkPolicyPort}). */
public sealed interface PortMatch {

  /** Matches every protocol and port: {@code ports} is absent or empty. */
  record Any() implements PortMatch {
    @Override
    public String toString() {
      return "any port";
    }
  }

  /** Matches all ports of one protocol: {@code port} is absent. */
  record AllOf(Protocol protocol) implements PortMatch {
    @Override
    public String toString() {
      return protocol.toString();
    }
  }

  /**
   * Matches a port, or the ports from {@code port} to {@code endPort}.
   *
   * @param first 1 to 65535
   * @param last 1 to 65535, not below first
   */
  record Range(Protocol protocol, int first, int last) implements PortMatch {

    public static final int MAX_PORT = 65535;

    /** Checks the range; an {@code IllegalArgumentException} tells what is wrong with it. */
    public Range {
      if (first < 1 || last > MAX_PORT || last < first) {
        throw new IllegalArgumentException("not a range of ports: " + first + " to " + last);
      }
    }

    @Override
    public String toString() {
      return protocol + " " + (first == last ? "" + first : first + "-" + last);
    }
  }

  /**
   * Matches the port with this name on the destination pod; matches nothing on a pod without one.
   */
  record Named(Protocol protocol, String name) implements PortMatch {
    @Override
    public String toString() {
      return protocol + " " + name;
    }
  }
}
