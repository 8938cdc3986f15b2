package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.lab.LongConnection;
import io.netpol.lab.Prober;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Where new pods are closed, an address of the node's pod ranges passes nothing until it is known.
 */
@NeedsKernel
class UnprogrammedTest {

  private static final int PORT = 80;

  /** Enough pods for a dispatch tree of several levels. */
  private static final int OTHER_PODS = 20;

  record Choice(Mode mode, Accept accept) {
    RenderOptions options() {
      RenderOptions usual = mode.options();
      return new RenderOptions(
          usual.families(),
          usual.peers(),
          accept,
          usual.deny(),
          usual.log(),
          RenderOptions.Unprogrammed.DROP);
    }
  }

  static Stream<Choice> choices() {
    return Stream.of(
        new Choice(new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET), Accept.ACCEPT),
        new Choice(new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.RULES), Accept.RETURN),
        new Choice(new Mode(Wiring.BRIDGED, Backend.LEGACY, PeerForm.IPSET), Accept.ACCEPT),
        new Choice(new Mode(Wiring.ROUTED, Backend.LEGACY, PeerForm.IPSET), Accept.RETURN),
        new Choice(Mode.nftables(Wiring.ROUTED, PeerForm.IPSET), Accept.RETURN),
        new Choice(Mode.nftables(Wiring.ROUTED, PeerForm.RULES), Accept.RETURN));
  }

  @ParameterizedTest
  @MethodSource("choices")
  void nodeThatGoesLeavesItsRangesOpenAndItsPodsAsTheyWere(Choice choice) throws IOException {
    LabPlan plan =
        LabPlan.of(choice.mode().wiring())
            .node("n1")
            .pod("x/a", "n1")
            .pod("x/b", "n1")
            .pod("x/new", "n1")
            .outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster(lab);
      Dataplane dataplane = choice.mode().unread(cluster, choice.options());
      node.attempt(
          dataplane, ReconcileRequest.everything("start", dataplane.tools()), choice.mode());
      assertThat(measure(prober, lab)).doesNotContain("world -> x/new", "x/new -> world");

      Node before = cluster.node("n1").orElseThrow();
      ReconcileRequest gone =
          ReconcileRequest.of(cluster.remove(Kind.NODE, new ObjectKey("", "n1")), "it is gone");
      node.attempt(dataplane, gone, choice.mode());
      assertThat(measure(prober, lab))
          .contains("world -> x/new", "x/new -> world", "x/new -> x/b")
          .doesNotContain("world -> x/a", "x/new -> x/a");

      node.attempt(
          dataplane, ReconcileRequest.of(cluster.put(before), "it is back"), choice.mode());
      assertThat(measure(prober, lab)).doesNotContain("world -> x/new", "x/new -> world");
    }
  }

  @ParameterizedTest
  @MethodSource("choices")
  void newPodIsClosedUntilItIsProgrammed(Choice choice) throws IOException {
    LabPlan plan =
        LabPlan.of(choice.mode().wiring())
            .node("n1")
            .pod("x/a", "n1")
            .pod("x/b", "n1")
            .pod("x/new", "n1")
            .outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT))) {
      KernelNode node = new KernelNode(lab, "n1");
      Cluster cluster = cluster(lab);
      Dataplane dataplane = choice.mode().unread(cluster, choice.options());
      node.attempt(
          dataplane, ReconcileRequest.everything("start", dataplane.tools()), choice.mode());
      assertThat(measure(prober, lab))
          .containsExactlyInAnyOrder(
              "x/a -> x/b",
              "x/b -> x/a",
              "x/b -> world",
              "world -> x/b",
              "x/a -> world",
              "n1 -> x/a",
              "n1 -> x/b",
              "n1 -> x/new");

      Pod added = pod(lab, "new");
      node.attempt(dataplane, ReconcileRequest.of(cluster.put(added), "a new pod"), choice.mode());
      assertThat(measure(prober, lab))
          .hasSize(13)
          .contains("x/new -> world", "world -> x/new", "x/b -> x/new", "n1 -> x/new")
          .doesNotContain("world -> x/a", "x/new -> x/a");
      assertThat(
              node.attempt(
                  choice.mode().unread(cluster, choice.options()),
                  ReconcileRequest.everything("restart", dataplane.tools()),
                  choice.mode()))
          .as("writes of an agent that starts again")
          .isEmpty();

      String address = added.addresses().get(0).toString();
      try (LongConnection ofWorld = prober.connect("world", address, PORT);
          LongConnection ofIsolated = prober.connect("x/a", address, PORT)) {
        for (LongConnection open : List.of(ofWorld, ofIsolated)) {
          assertThat(open.ping(Duration.ofSeconds(10))).isTrue();
        }
        ReconcileRequest gone =
            ReconcileRequest.of(cluster.remove(Kind.POD, added.key()), "it is gone");
        node.attempt(dataplane, gone, choice.mode());
        assertThat(measure(prober, lab)).hasSize(8).doesNotContain("world -> x/new");
        Mode counting =
            choice.mode().isNftables()
                ? new Mode(Wiring.ROUTED, Backend.NFT, PeerForm.IPSET)
                : choice.mode();
        node.run(
            "*mangle\n-A POSTROUTING -d %s -p tcp\nCOMMIT\n".formatted(address),
            counting.restore(IptablesTools.IPTABLES));
        for (LongConnection open : List.of(ofWorld, ofIsolated)) {
          assertThat(open.ping(Duration.ofSeconds(1))).isFalse();
        }
        assertThat(node.run("", counting.save(IptablesTools.IPTABLES), "-c", "-t", "mangle"))
            .as("packets of the former pod's connections to its address")
            .contains("[0:0] -A POSTROUTING -d " + address);
      }
    }
  }

  /** The pairs between which every family's connection is made. */
  private static List<String> measure(Prober prober, LabNetwork lab) throws IOException {
    List<String> members = List.of("x/a", "x/b", "x/new", "world");
    List<Flow> flows = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (String from : List.of("x/a", "x/b", "x/new", "world", "n1")) {
      for (String to : members) {
        if (from.equals(to) || from.equals("n1") && to.equals("world")) {
          continue;
        }
        for (String address : lab.addresses(to)) {
          flows.add(Flow.tcp(from, address, PORT));
          names.add(from + " -> " + to);
        }
      }
    }
    Map<Flow, Outcome> outcomes = prober.measure(flows, flow -> Outcome.ALLOWED);
    List<String> open = new ArrayList<>();
    for (int i = 0; i < flows.size(); i += 2) {
      assertThat(outcomes.get(flows.get(i)))
          .as(names.get(i) + " by both families")
          .isEqualTo(outcomes.get(flows.get(i + 1)));
      if (outcomes.get(flows.get(i)) == Outcome.ALLOWED) {
        open.add(names.get(i));
      }
    }
    return open;
  }

  private static Cluster cluster(LabNetwork lab) {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    LabPlan.Node node = lab.plan().nodes().get(0);
    cluster.put(
        new Node(
            "n1",
            node.addresses().stream().map(IpAddress::parse).toList(),
            node.podRanges().stream().map(Cidr::parse).toList()));
    cluster.put(pod(lab, "a"));
    cluster.put(pod(lab, "b"));
    for (int i = 0; i < OTHER_PODS; i++) {
      cluster.put(pod("other-" + i, lab.plan().podAddresses("n1", 100 + 3 * i)));
    }
    LabelSelector a = new LabelSelector(List.of(Requirement.equalTo("pod", "a")));
    LabelSelector b = new LabelSelector(List.of(Requirement.equalTo("pod", "b")));
    Peer fromB = new Peer.Pods(new Peer.NamespaceScope.Named("x"), b);
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("x", "a-from-b"),
            a,
            Map.of(
                Direction.INGRESS,
                List.of(new Rule(List.of(fromB), List.of(new PortMatch.Any()))))));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static Pod pod(LabNetwork lab, String name) {
    return pod(name, lab.addresses("x/" + name));
  }

  private static Pod pod(String name, List<String> addresses) {
    return new Pod(
        new ObjectKey("x", name),
        "n1",
        false,
        false,
        Map.of("pod", name),
        addresses.stream().map(IpAddress::parse).toList(),
        List.of());
  }
}
