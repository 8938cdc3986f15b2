package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.dataplane.render.RenderOptions.Unprogrammed;
import io.netpol.dataplane.render.RuleLabel;
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
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What audited policies would deny passes in the kernel, and is counted there. */
@NeedsKernel
class AuditKernelTest {

  private static final int PORT = 80;
  private static final String LAST = "x/a ingress audited: x/audited";

  static Stream<Mode> modes() {
    return Stream.of(
        new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET).with(options(Accept.ACCEPT)),
        new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.IPSET).with(options(Accept.ACCEPT)),
        Mode.nftables(Wiring.ROUTED, PeerForm.IPSET).with(options(Accept.RETURN)),
        Mode.nftables(Wiring.ROUTED, PeerForm.RULES).with(options(Accept.RETURN)));
  }

  private static RenderOptions options(Accept accept) {
    return new RenderOptions(
        Set.of(Family.values()),
        PeerForm.IPSET,
        accept,
        RenderOptions.Deny.DROP,
        new Log(Log.To.NFLOG, 7, 10, "netpol"),
        Unprogrammed.ALLOW);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void auditedDenialsPassAndAreCountedAndEnforcedOnesHold(Mode mode) throws IOException {
    LabPlan plan =
        LabPlan.of(Wiring.ROUTED).node("n1").pod("x/a", "n1").pod("x/b", "n1").outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      NetworkPolicy audited = policy("audited", List.of(from("b")), true);
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster(lab, audited);
      node.apply(cluster, mode);
      assertThat(node.due(cluster, mode)).as("still due").isEmpty();
      for (String to : lab.addresses("x/a")) {
        Family family = IpAddress.parse(to).family();
        assertThat(outcome(prober, "x/b", to)).isEqualTo(Outcome.ALLOWED);
        assertThat(counted(node, cluster, mode, family)).as("b is admitted").isZero();
        assertThat(outcome(prober, "world", to)).isEqualTo(Outcome.ALLOWED);
        assertThat(counted(node, cluster, mode, family)).as("the world is not").isPositive();
      }
      assertThat(node.rules(mode)).contains("netpol audit ingress x/a");

      // What the audited policy allows counts for nothing beside one that is enforced.
      node.apply(cluster(lab, audited, policy("enforced", List.of(), false)), mode);
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
  private static long counted(KernelNode node, Cluster cluster, Mode mode, Family family)
      throws IOException {
    List<RuleCounter> last =
        node.counters(cluster, mode, family).stream()
            .filter(counter -> LAST.equals(counter.label().map(RuleLabel::text).orElse("")))
            .toList();
    assertThat(last).hasSize(1);
    return last.get(0).packets();
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
