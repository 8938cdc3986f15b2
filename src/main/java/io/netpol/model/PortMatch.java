package io.netpol.model;

import io.netpol.net.Protocol;

/** Which destination ports a rule admits ({@code NetworkPolicyPort}). */
public sealed interface PortMatch {

  /** Every protocol and port: what {@code ports} means when absent or empty. */
  record Any() implements PortMatch {
    @Override
    public String toString() {
      return "any port";
    }
  }

  /** All ports of one protocol: {@code port} is absent. */
  record AllOf(Protocol protocol) implements PortMatch {
    @Override
    public String toString() {
      return protocol.toString();
    }
  }

  /**
   * A port, or the ports from {@code port} to {@code endPort}.
   *
   * @param first 1 to 65535
   * @param last 1 to 65535, not below first
   */
  record Range(Protocol protocol, int first, int last) implements PortMatch {

    public static final int MAX_PORT = 65535;

    /** {@code IllegalArgumentException} says what is out of range. */
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

  /** The port of this name on the receiving pod; matches nothing on a pod that has none. */
  record Named(Protocol protocol, String name) implements PortMatch {
    @Override
    public String toString() {
      return protocol + " " + name;
    }
  }
}
