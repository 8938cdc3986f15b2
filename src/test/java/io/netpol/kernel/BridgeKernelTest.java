package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Advertisements;
import io.netpol.dataplane.render.RenderOptions.Bridge;
import io.netpol.dataplane.render.RenderOptions.Filter;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.dataplane.render.RenderOptions.Unprogrammed;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.lab.LinkTraffic;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pods on one bridge: packets to link-local, multicast and broadcast addresses, and what claims to
 * come from a router.
 */
@NeedsKernel
class BridgeKernelTest {

  private static final int PORT = 5000;
  private static final List<String> PODS =
      List.of("x/closed", "x/half", "x/friend", "x/open", "x/deaf4");

  private LabNetwork lab;
  private LinkTraffic traffic;

  record Choice(Backend backend, Accept accept, UnaryOperator<RenderOptions> more) {
    Mode mode() {
      return new Mode(Wiring.BRIDGED, backend, PeerForm.IPSET);
    }

    RenderOptions options() {
      RenderOptions usual = RenderOptions.DEFAULT;
      return more.apply(
          new RenderOptions(
              usual.families(),
              usual.peers(),
              accept,
              usual.deny(),
              usual.log(),
              usual.unprogrammed()));
    }

    Choice with(UnaryOperator<RenderOptions> other) {
      return new Choice(backend, accept, other);
    }

    @Override
    public String toString() {
      return backend + ", " + accept;
    }
  }

  static Stream<Choice> choices() {
    return Stream.of(
        new Choice(Backend.NFT, Accept.RETURN, UnaryOperator.identity()),
        new Choice(Backend.LEGACY, Accept.RETURN, UnaryOperator.identity()),
        new Choice(Backend.LEGACY, Accept.ACCEPT, UnaryOperator.identity()));
  }

  @BeforeEach
  void start() throws IOException {
    LabPlan plan = LabPlan.of(Wiring.BRIDGED).node("n1");
    for (String pod : PODS) {
      plan = plan.pod(pod, "n1");
    }
    lab = LabNetwork.start(plan);
    traffic = new LinkTraffic(lab, PODS, PORT);
  }

  @AfterEach
  void stop() throws IOException {
    traffic.close();
    lab.close();
  }

  @ParameterizedTest
  @MethodSource("choices")
  void portsThatNobodyKnowsAreClosedWhileAPodIsIsolated(Choice choice) throws IOException {
    KernelNode node = new KernelNode(lab, "n1");
    assertThat(traffic.exchange(PORT)).as("without rules").hasSize(20 * 5);
    Cluster cluster = cluster();
    apply(node, cluster, choice, BridgePorts.UNKNOWN);
    assertThat(traffic.exchange(PORT)).isEmpty();
    assertNetworkWorks("x/half");
  }

  @ParameterizedTest
  @MethodSource("choices")
  void knownPortsAreTheirPods(Choice choice) throws IOException {
    KernelNode node = new KernelNode(lab, "n1");
    apply(node, cluster(), choice, ports(PODS));
    assertThat(traffic.exchange(PORT)).isEqualTo(expected());
    assertNetworkWorks("x/half");
    // One that is not known is closed, and the others are as they were.
    apply(node, cluster(), choice, ports(List.of("x/closed", "x/half", "x/friend", "x/deaf4")));
    TreeSet<String> withoutOpen = expected();
    withoutOpen.removeIf(heard -> heard.contains("x/open"));
    assertThat(traffic.exchange(PORT)).isEqualTo(withoutOpen);
  }

  @ParameterizedTest
  @MethodSource("choices")
  void podIsNoRouterUnlessThatIsAllowed(Choice choice) throws IOException {
    KernelNode node = new KernelNode(lab, "n1");
    Cluster cluster = cluster();
    apply(node, cluster, choice, ports(PODS));
    sendAsRouter("x/closed");
    sendAsRouter("x/open");
    assertThat(traffic.icmpHeard("x/friend", true, PORT)).doesNotContain(134, 137);
    assertThat(traffic.icmpHeard("x/friend", false, PORT)).doesNotContain(5, 9);
    Choice allowed =
        choice.with(
            options ->
                new RenderOptions(
                    options.families(),
                    options.peers(),
                    options.accept(),
                    options.deny(),
                    options.log(),
                    options.unprogrammed(),
                    new Bridge(Filter.AUTO, Advertisements.ALLOW)));
    apply(node, cluster, allowed, ports(PODS));
    sendAsRouter("x/open");
    assertThat(traffic.icmpHeard("x/friend", true, PORT)).contains(134, 137);
    assertThat(traffic.icmpHeard("x/friend", false, PORT)).contains(5, 9);
  }

  @ParameterizedTest
  @MethodSource("choices")
  void whereUnprogrammedIsDropAPodIsClosedUntilItIsProgrammed(Choice choice) throws IOException {
    Choice guards =
        choice.with(
            options ->
                new RenderOptions(
                    options.families(),
                    options.peers(),
                    options.accept(),
                    options.deny(),
                    options.log(),
                    Unprogrammed.DROP));
    KernelNode node = new KernelNode(lab, "n1");
    Cluster cluster = cluster("x/friend", "x/open");
    cluster.remove(Kind.POD, new ObjectKey("x", "open"));
    // Nobody is isolated.
    apply(node, cluster, guards, ports(List.of("x/friend")));
    assertThat(traffic.exchange(PORT)).isEmpty();
    cluster.put(pod("x/open"));
    apply(node, cluster, guards, ports(List.of("x/friend", "x/open")));
    assertThat(traffic.exchange(PORT))
        .hasSize(2 * 5)
        .allMatch(heard -> heard.matches("x/(friend|open)>x/(friend|open) .*"));
    assertNetworkWorks("x/open");
  }

  @ParameterizedTest
  @MethodSource("choices")
  void auditOfAllClosesNothing(Choice choice) throws IOException {
    KernelNode node = new KernelNode(lab, "n1");
    Cluster cluster = fill(new Cluster("n1", DefaultIsolation.OFF, true), PODS);
    apply(node, cluster, choice, BridgePorts.UNKNOWN);
    assertThat(traffic.exchange(PORT)).hasSize(20 * 5);
  }

  private void sendAsRouter(String from) throws IOException {
    for (int type : List.of(134, 137)) {
      traffic.icmp(from, "ff02::1", type);
      traffic.icmp(from, traffic.linkLocal("x/friend"), type);
    }
    for (int type : List.of(5, 9)) {
      traffic.icmp(from, lab.addresses("x/friend").get(0), type);
      traffic.icmp(from, "224.0.0.1", type);
    }
  }

  /** Neighbours are found, groups are joined and addresses assigned, closed or not. */
  private void assertNetworkWorks(String friendOfFriend) throws IOException {
    traffic.icmpHeard("x/open", true, PORT);
    traffic.icmp("x/closed", "ff02::1", 143);
    traffic.icmp("x/closed", "ff02::1", 131);
    assertThat(traffic.icmpHeard("x/open", true, PORT)).contains(143, 131);
    try (LinkTraffic client = new LinkTraffic(lab, List.of("x/open"), 67);
        LinkTraffic server = new LinkTraffic(lab, List.of("x/open"), 546)) {
      traffic.send("x/closed", "255.255.255.255", 68, 67, "x/closed discover");
      assertThat(client.heard(67)).containsExactly("x/closed>x/open discover");
      traffic.send("x/closed", "ff02::4242", 546, 547, "x/closed solicit");
      assertThat(server.heard(546)).containsExactly("x/closed>x/open solicit");
    }
    for (String pod : List.of("x/friend", friendOfFriend)) {
      lab.exec(pod, "", List.of("ip", "neighbour", "flush", "dev", "eth0"));
    }
    traffic.send("x/friend", lab.addresses(friendOfFriend).get(1), 0, PORT + 1, "x/friend ipv6");
    assertThat(heardEventually("x/friend>" + friendOfFriend + " ipv6")).isTrue();
  }

  /** Asking for a neighbour takes its time. */
  private boolean heardEventually(String what) throws IOException {
    for (int i = 0; i < 100; i++) {
      if (traffic.heard(PORT).contains(what)) {
        return true;
      }
      lab.exec("n1", "", List.of("sleep", "0.05"));
    }
    return false;
  }

  private static TreeSet<String> expected() {
    TreeSet<String> expected = new TreeSet<>();
    for (String from : PODS) {
      for (String to : PODS) {
        for (LinkTraffic.To kind : LinkTraffic.To.values()) {
          boolean ipv6 = kind == LinkTraffic.To.GROUP6 || kind == LinkTraffic.To.LINK_LOCAL;
          boolean admitted =
              switch (to) {
                case "x/closed", "x/deaf4" -> false;
                // Its rule names a pod, and that is known by the addresses in its status.
                case "x/half" -> from.equals("x/friend") && !ipv6;
                default -> true;
              };
          if (!from.equals(to) && !from.equals("x/closed") && admitted) {
            expected.add(from + ">" + to + " " + kind);
          }
        }
      }
    }
    return expected;
  }

  /** Brings the kernel to what is wanted, and holds it to be just that. */
  private void apply(KernelNode node, Cluster cluster, Choice choice, BridgePorts ports)
      throws IOException {
    node.attempt(
        dataplane(cluster, choice, ports),
        ReconcileRequest.everything("test", IptablesTools.ALL),
        choice.mode());
    assertThat(
            node.attempt(
                dataplane(cluster, choice, ports),
                ReconcileRequest.everything("again", IptablesTools.ALL),
                choice.mode()))
        .as("what is written again, because the kernel prints it in another way")
        .isEmpty();
  }

  private static Dataplane dataplane(Cluster cluster, Choice choice, BridgePorts ports) {
    Dataplane dataplane = IptablesDataplane.unread(cluster, choice.options());
    dataplane.bridgePorts(ports);
    return dataplane;
  }

  /** The ports of some pods, among many others. */
  private static BridgePorts ports(List<String> pods) {
    Map<ObjectKey, String> ports = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      ports.put(new ObjectKey("y", "other-" + i), "veth" + Integer.toHexString(0x1fa0 + 77 * i));
    }
    for (String pod : pods) {
      ports.put(key(pod), "veth" + (PODS.indexOf(pod) + 1));
    }
    return new BridgePorts(true, true, ports, Set.of("eth7"), Set.of("docker0"));
  }

  private Cluster cluster() {
    return cluster(PODS.toArray(String[]::new));
  }

  private Cluster cluster(String... pods) {
    return fill(new Cluster("n1", DefaultIsolation.OFF), List.of(pods));
  }

  private Cluster fill(Cluster cluster, List<String> pods) {
    LabPlan.Node node = lab.plan().nodes().get(0);
    cluster.put(new Node("n1", List.of(), node.podRanges().stream().map(Cidr::parse).toList()));
    pods.forEach(pod -> cluster.put(pod(pod)));
    cluster.put(
        policy("closed", Map.of(Direction.INGRESS, List.of(), Direction.EGRESS, List.of())));
    cluster.put(policy("deaf4", Map.of(Direction.INGRESS, List.of())));
    Peer friend = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("friend"));
    cluster.put(
        policy(
            "half",
            Map.of(
                Direction.INGRESS,
                List.of(new Rule(List.of(friend), List.of(new PortMatch.Any()))))));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static NetworkPolicy policy(String pod, Map<Direction, List<Rule>> rules) {
    return new NetworkPolicy(new ObjectKey("x", pod), selector(pod), rules);
  }

  private static LabelSelector selector(String pod) {
    return new LabelSelector(List.of(Requirement.equalTo("pod", pod)));
  }

  private static ObjectKey key(String pod) {
    return new ObjectKey("x", pod.substring(2));
  }

  /** As its status says; one has no IPv6 address there. */
  private Pod pod(String name) {
    List<String> addresses = lab.addresses(name);
    return new Pod(
        key(name),
        "n1",
        false,
        false,
        Map.of("pod", name.substring(2)),
        (name.equals("x/deaf4") ? addresses.subList(0, 1) : addresses)
            .stream().map(IpAddress::parse).toList(),
        List.of());
  }
}
