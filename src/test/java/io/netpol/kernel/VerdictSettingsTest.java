package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Deny;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
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

  static Stream<Mode> choices() {
    List<Mode> choices = new ArrayList<>();
    for (Backend backend : Backend.values()) {
      Mode mode = new Mode(Wiring.ROUTED, backend, PeerForm.IPSET);
      choices.add(mode.with(options(Accept.ACCEPT, Deny.DROP, Log.To.LOG)));
      choices.add(mode.with(options(Accept.ACCEPT, Deny.REJECT, Log.To.NFLOG)));
      choices.add(mode.with(options(Accept.RETURN, Deny.REJECT, Log.To.OFF)));
      choices.add(mode.with(options(Accept.RETURN, Deny.DROP, Log.To.NFLOG)));
    }
    Mode nftables = Mode.nftables(Wiring.ROUTED, PeerForm.IPSET);
    for (Log.To log : Log.To.values()) {
      choices.add(nftables.with(options(Accept.RETURN, Deny.REJECT, log)));
      choices.add(nftables.with(options(Accept.RETURN, Deny.DROP, log)));
    }
    return choices.stream();
  }

  private static RenderOptions options(Accept accept, Deny deny, Log.To log) {
    return new RenderOptions(
        Set.of(Family.values()),
        PeerForm.IPSET,
        accept,
        deny,
        new Log(log, 7, 10, "netpol"),
        RenderOptions.Unprogrammed.ALLOW);
  }

  @ParameterizedTest
  @MethodSource("choices")
  void settingIsSeenInTheKernel(Mode mode) throws IOException {
    LabPlan plan =
        LabPlan.of(Wiring.ROUTED).node("n1").pod("x/a", "n1").pod("x/b", "n1").outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      Cluster cluster = cluster(lab);
      KernelNode node = new KernelNode(lab, "n1");
      node.apply(cluster, mode);
      assertThat(node.due(cluster, mode)).as("still due").isEmpty();

      RenderOptions choice = mode.options();
      Outcome denied = choice.deny() == Deny.DROP ? Outcome.DENIED : Outcome.REJECTED;
      for (String to : lab.addresses("x/a")) {
        assertThat(outcome(prober, "world", to)).isEqualTo(denied);
        assertThat(outcome(prober, "x/b", to)).isEqualTo(Outcome.ALLOWED);
        IpAddress address = IpAddress.parse(to);
        assertCounted(node, mode, cluster, address.family());
        // A rule of the host behind ours sees allowed packets only where they return to it.
        node.dropByHost(mode, address);
        assertThat(outcome(prober, "x/b", to))
            .isEqualTo(choice.accept() == Accept.ACCEPT ? Outcome.ALLOWED : Outcome.DENIED);
      }
    }
  }

  /** The metrics read the kernel's counters of both. */
  private static void assertCounted(KernelNode node, Mode mode, Cluster cluster, Family family)
      throws IOException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    new PacketCounters(registry, cluster, mode.unread(cluster, mode.options()), true)
        .read(mode.counting(family).id(), node.counted(mode, family));
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
}
