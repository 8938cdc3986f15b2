package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.ipset.IpSetWriter;
import io.netpol.net.Family;
import java.util.List;
import java.util.Set;

/**
 * Lists the tools of this back-end: ipset for the sets of both families, iptables and ip6tables for
 * the rules.
 */
public final class IptablesTools {

  public static final KernelTool IPSET = IpSetWriter.TOOL;
  public static final KernelTool IPTABLES =
      new KernelTool("iptables", 1, Set.of(Family.IPV4), Set.of(Stage.CHAINS), false);
  public static final KernelTool IP6TABLES =
      new KernelTool("ip6tables", 2, Set.of(Family.IPV6), Set.of(Stage.CHAINS), false);

  /** All tools, in the order in which the kernel is read. */
  public static final List<KernelTool> ALL = List.of(IPSET, IPTABLES, IP6TABLES);

  /** The tool that lists the sets without their members. */
  public static final KernelTool IPSET_SUMMARY = IpSetWriter.SUMMARY;

  private IptablesTools() {}

  /** Returns the tool that manages the filter table of a family. */
  public static KernelTool of(Family family) {
    return family == Family.IPV4 ? IPTABLES : IP6TABLES;
  }
}
