package io.netpol.dataplane;

import io.netpol.net.Family;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** A program that takes a payload on its standard input. */
public enum KernelTool {
  IPSET,
  IPTABLES,
  IP6TABLES;

  /** The program that holds the filter table of this family. */
  public static KernelTool of(Family family) {
    return family == Family.IPV4 ? IPTABLES : IP6TABLES;
  }

  /** The families that it is for. */
  Set<Family> families() {
    return switch (this) {
      case IPSET -> EnumSet.allOf(Family.class);
      case IPTABLES -> EnumSet.of(Family.IPV4);
      case IP6TABLES -> EnumSet.of(Family.IPV6);
    };
  }

  /** {@code ipset}, {@code iptables} or {@code ip6tables}. */
  public String command() {
    return name().toLowerCase(Locale.ROOT);
  }
}
