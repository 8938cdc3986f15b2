package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Deny;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
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
import io.netpol.net.Protocol;
import io.netpol.observe.metrics.PacketCounters;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The settings for allowed and denied packets do in the kernel what they say. */
@NeedsKernel
class VerdictSettingsTest {

  private static final int PORT = 80;

  record Choice(Backend backend, Accept accept, Deny deny, Log.To log) {
    RenderOptions options() {
      Log written = new Log(log, 7, 10, "netpol");
      return new RenderOptions(
          Set.of(Family.values()),
          PeerForm.IPSET,
          accept,
          deny,
          written,
          RenderOptions.Unprogrammed.ALLOW);
    }
  }

  static Stream<Choice> choices() {
    List<Choice> choices = new ArrayList<>();
    for (Backend backend : Backend.values()) {
      choices.add(new Choice(backend, Accept.ACCEPT, Deny.DROP, Log.To.LOG));
      choices.add(new Choice(backend, Accept.ACCEPT, Deny.REJECT, Log.To.NFLOG));
      choices.add(new Choice(backend, Accept.RETURN, Deny.REJECT, Log.To.OFF));
      choices.add(new Choice(backend, Accept.RETURN, Deny.DROP, Log.To.NFLOG));
    }
    return choices.stream();
  }

  @ParameterizedTest
  @MethodSource("choices")
  void settingIsSeenInTheKernel(Choice choice) throws IOException {
    LabPlan plan =
        LabPlan.of(LabPlan.Wiring.ROUTED)
            .node("n1")
            .pod("x/a", "n1")
            .pod("x/b", "n1")
            .outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      Cluster cluster = cluster(lab);
      load(lab, choice, cluster);
      assertThat(due(lab, choice, cluster)).as("still due").isEmpty();

      Outcome denied = choice.deny() == Deny.DROP ? Outcome.DENIED : Outcome.REJECTED;
      for (String to : lab.addresses("x/a")) {
        assertThat(outcome(prober, "world", to)).isEqualTo(denied);
        assertThat(outcome(prober, "x/b", to)).isEqualTo(Outcome.ALLOWED);
        assertCounted(lab, choice, cluster, to);
        // A rule of the host behind ours sees allowed packets only where they return to it.
        boolean ipv4 = to.indexOf(':') < 0;
        KernelTool tool = ipv4 ? IptablesTools.IPTABLES : IptablesTools.IP6TABLES;
        run(
            lab,
            "",
            choice.backend().restoreCommand(tool).replace("-restore", ""),
            "-A",
            "FORWARD",
            "-d",
            to,
            "-j",
            "DROP");
        assertThat(outcome(prober, "x/b", to))
            .isEqualTo(choice.accept() == Accept.ACCEPT ? Outcome.ALLOWED : Outcome.DENIED);
      }
    }
  }

  /** The metrics read the kernel's counters of both. */
  private static void assertCounted(LabNetwork lab, Choice choice, Cluster cluster, String to)
      throws IOException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    KernelTool tool = to.indexOf(':') < 0 ? IptablesTools.IPTABLES : IptablesTools.IP6TABLES;
    String save = choice.backend().restoreCommand(tool).replace("-restore", "-save");
    new PacketCounters(
            registry, cluster, IptablesDataplane.empty(cluster, RenderOptions.DEFAULT), true)
        .read(tool.id(), run(lab, "", save, "-c", "-t", "filter"));
    for (String verdict : List.of("allowed", "denied")) {
      assertThat(
              registry
                  .get("netpol.packets")
                  .tags("pod", "a", "direction", "ingress", "verdict", verdict)
                  .tag("policy", "x/a-from-b")
                  .counter()
                  .count())
          .as(verdict)
          .isPositive();
    }
  }

  private static Outcome outcome(Prober prober, String from, String to) throws IOException {
    Flow flow = Flow.tcp(from, to, PORT);
    return prober.measure(List.of(flow), asked -> Outcome.ALLOWED).get(flow);
  }

  private static Cluster cluster(LabNetwork lab) {
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
    Peer fromB = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("b"));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("x", "a-from-b"),
            selector("a"),
            Map.of(
                Direction.INGRESS,
                List.of(
                    new Rule(
                        List.of(fromB), List.of(new PortMatch.Range(Protocol.TCP, PORT, PORT)))))));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static LabelSelector selector(String pod) {
    return new LabelSelector(List.of(Requirement.equalTo("pod", pod)));
  }

  private static void load(LabNetwork lab, Choice choice, Cluster cluster) throws IOException {
    for (var payload : RestoreFiles.of(cluster, choice.options()).byTool().entrySet()) {
      if (payload.getKey() == IptablesTools.IPSET) {
        run(lab, payload.getValue(), "ipset", "restore");
      } else {
        run(
            lab,
            payload.getValue(),
            choice.backend().restoreCommand(payload.getKey()),
            "--noflush");
      }
    }
  }

  private static List<String> due(LabNetwork lab, Choice choice, Cluster cluster)
      throws IOException {
    Dataplane dataplane = IptablesDataplane.unread(cluster, choice.options());
    for (KernelTool tool :
        dataplane.stale(ReconcileRequest.everything("test", IptablesTools.ALL))) {
      String[] save =
          tool == IptablesTools.IPSET
              ? new String[] {"ipset", "save"}
              : new String[] {
                choice.backend().restoreCommand(tool).replace("-restore", "-save"), "-t", "filter"
              };
      dataplane.observe(tool, run(lab, "", save));
    }
    return dataplane
        .plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of())
        .transactions()
        .stream()
        .map(delivery -> delivery.payload())
        .toList();
  }

  private static String run(LabNetwork lab, String stdin, String... command) throws IOException {
    CommandResult finished = lab.exec("n1", stdin, List.of(command));
    assertThat(finished.ok()).as(String.join(" ", command) + ": " + finished).isTrue();
    return finished.stdout();
  }
}
