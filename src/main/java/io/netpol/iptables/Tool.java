package io.netpol.iptables;

import io.netpol.policy.Family;
import java.util.Locale;

/** A program that takes a payload on its standard input. */
public enum Tool {
  IPSET,
  IPTABLES,
  IP6TABLES;

  /** The program that holds the filter table of this family. */
  public static Tool of(Family family) {
    return family == Family.IPV4 ? IPTABLES : IP6TABLES;
  }

  /** {@code ipset}, {@code iptables} or {@code ip6tables}. */
  public String command() {
    return name().toLowerCase(Locale.ROOT);
  }
}
