package io.netpol.kernel;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.nftables.NftablesDataplane;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.DefaultIsolation;
import io.netpol.net.Family;
import java.util.Locale;

/**
 * A way in which the same policies can reach a kernel.
 *
 * @param wiring how pods are attached to their node
 * @param backend which iptables loads the rules; null for nftables
 * @param peers how peers are written
 * @param settings the other choices
 */
record Mode(Wiring wiring, Backend backend, PeerForm peers, RenderOptions settings) {

  /** All other choices are the usual ones. */
  Mode(Wiring wiring, Backend backend, PeerForm peers) {
    this(wiring, backend, peers, RenderOptions.DEFAULT);
  }

  /** The kernel gets the rules by nft itself. */
  static Mode nftables(Wiring wiring, PeerForm peers) {
    return new Mode(wiring, null, peers);
  }

  boolean isNftables() {
    return backend == null;
  }

  /** A dataplane that must read the kernel before it writes. */
  Dataplane unread(Cluster cluster, RenderOptions options) {
    return isNftables()
        ? NftablesDataplane.unread(cluster, options)
        : IptablesDataplane.unread(cluster, options);
  }

  /** A dataplane for a kernel that has nothing of the agent. */
  Dataplane empty(Cluster cluster, RenderOptions options) {
    return isNftables()
        ? NftablesDataplane.empty(cluster, options)
        : IptablesDataplane.empty(cluster, options);
  }

  /** The tool whose listing has the counters of a family's rules. */
  KernelTool counting(Family family) {
    return isNftables()
        ? unread(new Cluster("n1", DefaultIsolation.OFF), options()).tool("nft")
        : IptablesTools.of(family);
  }

  /** The same mode with other choices. */
  Mode with(RenderOptions choices) {
    return new Mode(wiring, backend, peers, choices);
  }

  RenderOptions options() {
    return new RenderOptions(
        settings.families(),
        peers,
        settings.accept(),
        settings.deny(),
        settings.log(),
        settings.unprogrammed());
  }

  /** The program that loads a tool's payload, without arguments. */
  String restore(KernelTool tool) {
    if (isNftables()) {
      return "nft";
    }
    return tool == IptablesTools.IPSET ? "ipset" : backend.restoreCommand(tool);
  }

  /** The program that prints a tool's view of the kernel, without arguments. */
  String save(KernelTool tool) {
    return restore(tool).replace("-restore", "-save");
  }

  @Override
  public String toString() {
    return (wiring + ", " + (isNftables() ? "nftables" : backend) + ", " + peers)
        .toLowerCase(Locale.ROOT);
  }
}
