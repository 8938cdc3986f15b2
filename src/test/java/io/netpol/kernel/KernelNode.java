package io.netpol.kernel;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.demo.Finished;
import io.netpol.demo.LabNetwork;
import io.netpol.iptables.Dataplane;
import io.netpol.iptables.Delivery;
import io.netpol.iptables.Tool;
import io.netpol.iptables.Work;
import io.netpol.policy.Cluster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A node of a lab that gets rules as an agent would give it. */
record KernelNode(LabNetwork lab, String name) {

  private static final int ALL_UNUSED_SETS = 1_000;

  /**
   * Brings the kernel from whatever it holds of ours to what the cluster means.
   *
   * @return the payloads that it took, in order
   */
  List<Delivery> apply(Cluster cluster, Mode mode) throws IOException {
    return apply(cluster, mode, mode.options());
  }

  /** The same with other options than the mode's own. */
  List<Delivery> apply(Cluster cluster, Mode mode, RenderOptions options) throws IOException {
    Dataplane dataplane = Dataplane.unread(cluster, options);
    List<Delivery> deliveries = attempt(dataplane, Work.everything("test"), mode);
    for (Delivery unused : dataplane.tidy(ALL_UNUSED_SETS)) {
      load(unused, mode);
      dataplane.delivered(unused);
    }
    return deliveries;
  }

  /** Does what is due, having read what must be read. */
  List<Delivery> attempt(Dataplane dataplane, Work work, Mode mode) throws IOException {
    for (Tool tool : dataplane.unread(work)) {
      dataplane.read(tool, saved(tool, mode));
    }
    Dataplane.Attempt attempt = dataplane.attempt(work, Set.of());
    for (Delivery delivery : attempt.deliveries()) {
      load(delivery, mode);
      dataplane.delivered(delivery);
    }
    attempt.succeeded();
    return attempt.deliveries();
  }

  /** The payloads that are still due by what the kernel says of itself; none after it got all. */
  List<String> due(Cluster cluster, Mode mode) throws IOException {
    return read(cluster, mode).attempt(Work.everything("test"), Set.of()).deliveries().stream()
        .map(delivery -> delivery.tool() + ":\n" + delivery.payload())
        .toList();
  }

  private Dataplane read(Cluster cluster, Mode mode) throws IOException {
    Dataplane dataplane = Dataplane.unread(cluster, mode.options());
    for (Tool tool : dataplane.unread(Work.everything("test"))) {
      dataplane.read(tool, saved(tool, mode));
    }
    return dataplane;
  }

  /** What the tool prints of the node's kernel, for iptables its filter table. */
  String saved(Tool tool, Mode mode) throws IOException {
    return tool == Tool.IPSET ? run("", "ipset", "save") : run("", mode.save(tool), "-t", "filter");
  }

  /** The node's IPv4 and IPv6 rules in the words of {@code iptables-save}. */
  String rules(Mode mode) throws IOException {
    return saved(Tool.IPTABLES, mode) + saved(Tool.IP6TABLES, mode);
  }

  private void load(Delivery delivery, Mode mode) throws IOException {
    String program = mode.restore(delivery.tool());
    if (delivery.tool() == Tool.IPSET) {
      run(delivery.payload(), program, "-exist", "restore");
    } else {
      run(delivery.payload(), program, "--noflush", "--wait", "5");
    }
  }

  /** Empties the filter tables of a back-end, and then all sets: another mode is about to begin. */
  void wipe(Mode mode) throws IOException {
    clear(mode, "filter");
    run("", "ipset", "destroy");
  }

  /** Empties a table of both families. */
  void clear(Mode mode, String table) throws IOException {
    for (Tool tool : List.of(Tool.IPTABLES, Tool.IP6TABLES)) {
      run("*" + table + "\nCOMMIT\n", mode.restore(tool), "--wait", "5");
    }
  }

  /** Runs a command on the node; it must succeed. */
  String run(String stdin, String... command) throws IOException {
    Finished finished = lab.exec(name, stdin, new ArrayList<>(List.of(command)));
    if (!finished.ok()) {
      throw new AssertionError(
          "on " + name + ": " + String.join(" ", command) + ": " + finished + "\n" + stdin);
    }
    return finished.stdout();
  }
}
