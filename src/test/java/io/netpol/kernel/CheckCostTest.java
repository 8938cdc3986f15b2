package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.IpAddress;
import io.netpol.testing.Figures;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What it costs to look whether the kernel has what is wanted, where it has: printed, not held. */
@Tag("long")
@NeedsKernel
class CheckCostTest {

  private static final int PODS = 250;

  /** Each in two families, for one policy of a pod. */
  private static final int SETS = 1_000;

  private static final int MEMBERS = 8;
  private static final int FOREIGN_MEMBERS = 100_000;
  private static final int FOREIGN_RULES = 5_000;
  private static final int RUNS = 5;

  @ParameterizedTest
  @EnumSource(Backend.class)
  void checkThatFindsNothing(Backend backend) throws IOException {
    Mode mode = new Mode(Wiring.ROUTED, backend, PeerForm.IPSET);
    try (LabNetwork lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"))) {
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster();
      Dataplane dataplane = IptablesDataplane.unread(cluster, mode.options());
      node.attempt(dataplane, ReconcileRequest.everything("start", IptablesTools.ALL), mode);
      assertThat(node.saved(IptablesTools.IPSET, mode).lines().filter(l -> l.startsWith("create ")))
          .hasSize(SETS);
      measure(backend + ", ours alone", node, dataplane, mode);
      giveForeign(node, mode);
      measure(backend + ", beside others'", node, dataplane, mode);
    }
  }

  private static void measure(String what, KernelNode node, Dataplane dataplane, Mode mode)
      throws IOException {
    for (KernelTool tool : IptablesTools.ALL) {
      String save = tool == IptablesTools.IPSET ? "ipset save" : mode.save(tool) + " -t filter";
      print(what, save, node);
    }
    print(what, "ipset list -name", node);
    print(what, "ipset list -terse", node);
    long best = Long.MAX_VALUE;
    for (int i = 0; i < RUNS; i++) {
      dataplane.markStale(Set.copyOf(IptablesTools.ALL));
      Map<KernelTool, String> saved = new TreeMap<>();
      for (KernelTool tool :
          dataplane.stale(ReconcileRequest.everything("check", IptablesTools.ALL))) {
        saved.put(tool, node.saved(tool, mode));
      }
      assertThat(saved).hasSize(IptablesTools.ALL.size());
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      saved.forEach((tool, text) -> assertThat(dataplane.observe(tool, text)).isEmpty());
      ApplyPlan attempt =
          dataplane.plan(ReconcileRequest.everything("check", IptablesTools.ALL), Set.of());
      attempt.finish();
      best = Math.min(best, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start);
      assertThat(attempt.transactions()).isEmpty();
    }
    Figures.print("%s: comparing: %d ms CPU in the agent", what, best / 1_000_000);
  }

  /** The least of a few runs: the machine does other things too. */
  private static void print(String what, String command, KernelNode node) throws IOException {
    String script =
        "TIMEFORMAT='%R %U %S'; for i in $(seq "
            + RUNS
            + "); do { time "
            + command
            + " > /dev/null; } 2>&1; done | sort -n | head -n 1";
    String[] times = node.run("", "bash", "-c", script).strip().split(" ");
    Figures.print(
        "%s: %s: %.0f ms, CPU %.0f ms",
        what,
        command,
        Double.parseDouble(times[0]) * 1_000,
        (Double.parseDouble(times[1]) + Double.parseDouble(times[2])) * 1_000);
  }

  private static void giveForeign(KernelNode node, Mode mode) throws IOException {
    StringBuilder sets = new StringBuilder("create foreign hash:ip maxelem 1048576\n");
    for (int i = 0; i < FOREIGN_MEMBERS; i++) {
      sets.append("add foreign ").append(IpAddress.ipv4(0x14000000L + i)).append('\n');
    }
    node.run(sets.toString(), "ipset", "restore");
    StringBuilder rules = new StringBuilder("*filter\n:KUBE-FORWARD - [0:0]\n");
    for (int i = 1; i <= FOREIGN_RULES; i++) {
      rules.append("-A KUBE-FORWARD -p tcp -m tcp --dport ").append(i).append(" -j RETURN\n");
    }
    rules.append("COMMIT\n");
    node.run(rules.toString(), mode.restore(IptablesTools.IPTABLES), "--noflush");
  }

  private static Cluster cluster() {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    int peers = SETS / PODS / 2;
    for (int i = 0; i < PODS; i++) {
      String id = "own-" + i;
      cluster.put(pod(id, "n1", i, Map.of("id", id)));
      for (int peer = 0; peer < peers; peer++) {
        String app = "app-" + i + "-" + peer;
        for (int member = 0; member < MEMBERS; member++) {
          int number = PODS + (i * peers + peer) * MEMBERS + member;
          cluster.put(pod(app + "-" + member, "n2", number, Map.of("app", app)));
        }
        Peer from = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("app", app));
        cluster.put(
            new NetworkPolicy(
                new ObjectKey("x", "for-" + app),
                selector("id", id),
                Map.of(
                    Direction.INGRESS,
                    List.of(new Rule(List.of(from), List.of(new PortMatch.Any()))))));
      }
    }
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static LabelSelector selector(String key, String value) {
    return new LabelSelector(List.of(Requirement.equalTo(key, value)));
  }

  private static Pod pod(String name, String node, int number, Map<String, String> labels) {
    List<IpAddress> addresses =
        List.of(
            IpAddress.ipv4(0x0a000001L + number),
            IpAddress.ipv6(0xfd00_0244_0000_0000L, number + 1L));
    return new Pod(new ObjectKey("x", name), node, false, false, labels, addresses, List.of());
  }
}
