package io.netpol.kernel;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.lab.CommandResult;
import io.netpol.lab.LabNetwork;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A node of a lab that gets rules as an agent would give it.
 *
 * @param wrapper the words before those of each command that runs on the node; often none
 */
record KernelNode(LabNetwork lab, String name, List<String> wrapper) {

  private static final int ALL_UNUSED_SETS = 1_000;

  KernelNode(LabNetwork lab, String name) {
    this(lab, name, List.of());
  }

  /** The same node, as programs of a small image see it: there is no /etc/protocols. */
  KernelNode withoutNamesOfProtocols() {
    String hide = "mount --bind /dev/null /etc/protocols && exec \"$@\"";
    return new KernelNode(lab, name, List.of("unshare", "-m", "sh", "-c", hide, "sh"));
  }

  /**
   * Brings the kernel from whatever it holds of ours to what the cluster means.
   *
   * @return the payloads that it took, in order
   */
  List<Transaction> apply(Cluster cluster, Mode mode) throws IOException {
    return apply(cluster, mode, mode.options());
  }

  /** The same with other options than the mode's own. */
  List<Transaction> apply(Cluster cluster, Mode mode, RenderOptions options) throws IOException {
    Dataplane dataplane = mode.unread(cluster, options);
    List<Transaction> deliveries =
        attempt(dataplane, ReconcileRequest.everything("test", dataplane.tools()), mode);
    for (Transaction unused : dataplane.collectGarbage(ALL_UNUSED_SETS)) {
      load(unused, mode);
      dataplane.confirm(unused);
    }
    return deliveries;
  }

  /** Does what is due, having read what must be read. */
  List<Transaction> attempt(Dataplane dataplane, ReconcileRequest work, Mode mode)
      throws IOException {
    for (KernelTool tool : dataplane.stale(work)) {
      dataplane.observe(tool, saved(dataplane, tool, mode));
    }
    ApplyPlan attempt = dataplane.plan(work, Set.of());
    for (Transaction delivery : attempt.transactions()) {
      load(delivery, mode);
      dataplane.confirm(delivery);
    }
    attempt.finish();
    return attempt.transactions();
  }

  /** The payloads that are still due by what the kernel says of itself; none after it got all. */
  List<String> due(Cluster cluster, Mode mode) throws IOException {
    Dataplane dataplane = read(cluster, mode);
    return dataplane
        .plan(ReconcileRequest.everything("test", dataplane.tools()), Set.of())
        .transactions()
        .stream()
        .map(delivery -> delivery.tool() + ":\n" + delivery.payload())
        .toList();
  }

  private Dataplane read(Cluster cluster, Mode mode) throws IOException {
    Dataplane dataplane = mode.unread(cluster, mode.options());
    for (KernelTool tool :
        dataplane.stale(ReconcileRequest.everything("test", dataplane.tools()))) {
      dataplane.observe(tool, saved(dataplane, tool, mode));
    }
    return dataplane;
  }

  private String saved(Dataplane dataplane, KernelTool tool, Mode mode) throws IOException {
    if (!mode.isNftables()) {
      return saved(tool, mode);
    }
    CommandResult listed = exec("", "nft", "-s", "list", "table", "inet", "netpol");
    return listed.ok()
        ? listed.stdout()
        : dataplane.listingOfFailure(listed.stderr()).orElseThrow();
  }

  /** What the tool prints of the node's kernel, for iptables its filter table. */
  String saved(KernelTool tool, Mode mode) throws IOException {
    return tool == IptablesTools.IPSET
        ? run("", "ipset", "save")
        : run("", mode.save(tool), "-t", "filter");
  }

  /** What the tool prints of the rules of a family, with the counters of their packets. */
  String counted(Mode mode, Family family) throws IOException {
    return mode.isNftables()
        ? run("", "nft", "list", "table", "inet", "netpol")
        : run("", mode.save(IptablesTools.of(family)), "-c", "-t", "filter");
  }

  /** The packets of each final rule of a family, by the dataplane of the mode. */
  List<RuleCounter> counters(Cluster cluster, Mode mode, Family family) throws IOException {
    KernelTool tool = mode.counting(family);
    String suffix = family == Family.IPV4 ? "-4" : "-6";
    return mode.unread(cluster, mode.options()).counters(tool, counted(mode, family)).stream()
        .filter(counter -> !mode.isNftables() || counter.chain().endsWith(suffix))
        .toList();
  }

  /** Drops packets to the address in a chain of the host's, which they pass after the agent's. */
  void dropByHost(Mode mode, IpAddress address) throws IOException {
    Family family = address.family();
    if (mode.isNftables()) {
      String protocol = family == Family.IPV4 ? "ip" : "ip6";
      run(
          "table inet host {\nchain forward {\ntype filter hook forward priority 0;\n"
              + protocol
              + " daddr "
              + address
              + " drop\n}\n}\n",
          "nft",
          "-f",
          "-");
      return;
    }
    String iptables = mode.restore(IptablesTools.of(family)).replace("-restore", "");
    run("", iptables, "-A", "FORWARD", "-d", address.toString(), "-j", "DROP");
  }

  /** The node's IPv4 and IPv6 rules in the words of {@code iptables-save}. */
  String rules(Mode mode) throws IOException {
    if (mode.isNftables()) {
      return run("", "nft", "list", "ruleset");
    }
    return saved(IptablesTools.IPTABLES, mode) + saved(IptablesTools.IP6TABLES, mode);
  }

  private void load(Transaction delivery, Mode mode) throws IOException {
    String program = mode.restore(delivery.tool());
    if (mode.isNftables()) {
      run(delivery.payload(), program, "-f", "-");
    } else if (delivery.tool() == IptablesTools.IPSET) {
      run(delivery.payload(), program, "-exist", "restore");
    } else {
      run(delivery.payload(), program, "--noflush", "--wait", "5");
    }
  }

  /** Empties the filter tables of a back-end, and then all sets: another mode is about to begin. */
  void wipe(Mode mode) throws IOException {
    if (mode.isNftables()) {
      run("add table inet netpol\ndelete table inet netpol\n", "nft", "-f", "-");
      return;
    }
    clear(mode, "filter");
    run("", "ipset", "destroy");
  }

  /** Empties a table of both families. */
  void clear(Mode mode, String table) throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      run("*" + table + "\nCOMMIT\n", mode.restore(tool), "--wait", "5");
    }
  }

  /** Runs a command on the node; it must succeed. */
  String run(String stdin, String... command) throws IOException {
    CommandResult finished = exec(stdin, command);
    if (!finished.ok()) {
      throw new AssertionError(
          "on " + name + ": " + String.join(" ", command) + ": " + finished + "\n" + stdin);
    }
    return finished.stdout();
  }

  private CommandResult exec(String stdin, String... command) throws IOException {
    List<String> words = new ArrayList<>(wrapper);
    words.addAll(List.of(command));
    return lab.exec(name, stdin, words);
  }
}
