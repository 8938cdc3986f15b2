package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.Unprogrammed;
import io.netpol.index.Cluster;
import io.netpol.lab.CommandResult;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
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
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What audited policies would deny passes in the kernel, and is counted there. */
@NeedsKernel
class AuditKernelTest {

  private static final int PORT = 80;
  private static final RenderOptions OPTIONS =
      new RenderOptions(
          Set.of(Family.values()),
          RenderOptions.PeerForm.IPSET,
          RenderOptions.Accept.ACCEPT,
          RenderOptions.Deny.DROP,
          new Log(Log.To.NFLOG, 7, 10, "netpol"),
          Unprogrammed.ALLOW);

  @ParameterizedTest
  @EnumSource(Backend.class)
  void auditedDenialsPassAndAreCountedAndEnforcedOnesHold(Backend backend) throws IOException {
    LabPlan plan =
        LabPlan.of(LabPlan.Wiring.ROUTED)
            .node("n1")
            .pod("x/a", "n1")
            .pod("x/b", "n1")
            .outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      NetworkPolicy audited = policy("audited", List.of(from("b")), true);
      load(lab, backend, cluster(lab, audited));
      for (String to : lab.addresses("x/a")) {
        KernelTool tool = to.indexOf(':') < 0 ? IptablesTools.IPTABLES : IptablesTools.IP6TABLES;
        assertThat(outcome(prober, "x/b", to)).isEqualTo(Outcome.ALLOWED);
        assertThat(counted(lab, backend, tool)).as("b is admitted").isZero();
        assertThat(outcome(prober, "world", to)).isEqualTo(Outcome.ALLOWED);
        assertThat(counted(lab, backend, tool)).as("the world is not").isPositive();
      }
      assertThat(rules(lab, backend, IptablesTools.IPTABLES)).contains("netpol audit ingress x/a");

      // What the audited policy allows counts for nothing beside one that is enforced.
      load(lab, backend, cluster(lab, audited, policy("enforced", List.of(), false)));
      for (String to : lab.addresses("x/a")) {
        assertThat(outcome(prober, "x/b", to)).isEqualTo(Outcome.DENIED);
        assertThat(outcome(prober, "world", to)).isEqualTo(Outcome.DENIED);
      }
    }
  }

  private static Outcome outcome(Prober prober, String from, String to) throws IOException {
    Flow flow = Flow.tcp(from, to, PORT);
    return prober.measure(List.of(flow), asked -> Outcome.ALLOWED).get(flow);
  }

  /** The packets that came by the last rule of a. */
  private static long counted(LabNetwork lab, Backend backend, KernelTool tool) throws IOException {
    Matcher rule =
        Pattern.compile("\\[(\\d+):\\d+\\] .*\"x/a ingress audited: x/audited\" -j RETURN")
            .matcher(rules(lab, backend, tool));
    assertThat(rule.find()).isTrue();
    return Long.parseLong(rule.group(1));
  }

  private static String rules(LabNetwork lab, Backend backend, KernelTool tool) throws IOException {
    String save = backend.restoreCommand(tool).replace("-restore", "-save");
    return run(lab, "", save, "-c", "-t", "filter");
  }

  private static void load(LabNetwork lab, Backend backend, Cluster cluster) throws IOException {
    for (var payload : RestoreFiles.of(cluster, OPTIONS).byTool().entrySet()) {
      if (payload.getKey() == IptablesTools.IPSET) {
        run(lab, payload.getValue(), "ipset", "-exist", "restore");
      } else {
        run(lab, payload.getValue(), backend.restoreCommand(payload.getKey()), "--noflush");
      }
    }
  }

  private static String run(LabNetwork lab, String stdin, String... command) throws IOException {
    CommandResult finished = lab.exec("n1", stdin, List.of(command));
    assertThat(finished.ok()).as(String.join(" ", command) + ": " + finished).isTrue();
    return finished.stdout();
  }

  private static Cluster cluster(LabNetwork lab, NetworkPolicy... policies) {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    for (LabPlan.Pod pod : lab.plan().pods()) {
      String name = pod.name().substring(2);
      cluster.put(
          new Pod(
              new ObjectKey("x", name),
              "n1",
              false,
              false,
              Map.of("pod", name),
              pod.addresses().stream().map(IpAddress::parse).toList(),
              List.of()));
    }
    List.of(policies).forEach(cluster::put);
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static NetworkPolicy policy(String name, List<Rule> rules, boolean audited) {
    return new NetworkPolicy(
        new ObjectKey("x", name), selector("a"), Map.of(Direction.INGRESS, rules), audited);
  }

  private static Rule from(String pod) {
    Peer peer = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector(pod));
    return new Rule(List.of(peer), List.of(new PortMatch.Any()));
  }

  private static LabelSelector selector(String pod) {
    return new LabelSelector(List.of(Requirement.equalTo("pod", pod)));
  }
}
