package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;

/** What tools print of a kernel. */
final class Listings {

  private Listings() {}

  /** That holds nothing. */
  static String empty(KernelTool tool) {
    return tool == IptablesTools.IPSET ? "" : table("");
  }

  /** That has these lines of chains and rules in its filter table. */
  static String table(String lines) {
    return "*filter\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" + lines + "COMMIT\n";
  }
}
