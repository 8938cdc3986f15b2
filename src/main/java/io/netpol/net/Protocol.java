package io.netpol.net;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A transport protocol that a NetworkPolicy port may name ({@code NetworkPolicyPort.protocol}). */
public enum Protocol {
  TCP,
  UDP,
  SCTP;

  /** All of them. */
  public static final List<Protocol> ALL = List.of(values());

  private final String lowerCase = name().toLowerCase(Locale.ROOT);

  /** Returns the protocol that the API spells so; empty for another, and for null. */
  public static Optional<Protocol> of(String name) {
    for (Protocol protocol : ALL) {
      if (protocol.name().equals(name)) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the name that iptables and ipset know it by: {@code tcp}, {@code udp}, {@code sctp}.
   */
  public String lowerCase() {
    return lowerCase;
  }
}
