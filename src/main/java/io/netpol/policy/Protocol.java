package io.netpol.policy;

import java.util.Locale;

/** A transport protocol that a NetworkPolicy port may name ({@code NetworkPolicyPort.protocol}). */
public enum Protocol {
  TCP,
  UDP,
  SCTP;

  /** The name that iptables and ipset know it by: {@code tcp}, {@code udp}, {@code sctp}. */
  public String lowerCase() {
    return name().toLowerCase(Locale.ROOT);
  }
}
