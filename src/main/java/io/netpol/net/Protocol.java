package io.netpol.net;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Names a transport protocol that a NetworkPolicy port can have ({@code
 * NetworkPolicyPort.protocol}).
 */
public enum Protocol {
  TCP,
  UDP,
  SCTP;

  /** All protocols; {@link #values} would copy them on each call. */
  public static final List<Protocol> ALL = List.of(values());

  private final String lowerCase = name().toLowerCase(Locale.ROOT);

  /** Returns the protocol with this name in the API; empty for any other text and for null. */
  public static Optional<Protocol> of(String name) {
    for (Protocol protocol : ALL) {
      if (protocol.name().equals(name)) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the name of the protocol in iptables and ipset: {@code tcp}, {@code udp}, {@code sctp}.
   */
  public String lowerCase() {
    return lowerCase;
  }
}
