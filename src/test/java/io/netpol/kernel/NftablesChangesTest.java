package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.AffectedObjects;
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
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An event writes the chains and elements that it changes, and no others. */
@NeedsKernel
class NftablesChangesTest {

  private static final Mode MODE = Mode.nftables(Wiring.ROUTED, PeerForm.IPSET);
  private static final int MANY = 700;

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final Dataplane dataplane = MODE.unread(cluster, MODE.options());
  private LabNetwork lab;
  private KernelNode node;

  @BeforeEach
  void start() throws IOException {
    lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"));
    node = new KernelNode(lab, "n1");
    Peer api = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("api"));
    List<Rule> rules = List.of(new Rule(List.of(api), List.of(new PortMatch.Any())));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("x", "for-web"), selector("web"), Map.of(Direction.INGRESS, rules)));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    node.attempt(dataplane, ReconcileRequest.everything("start", dataplane.tools()), MODE);
  }

  @AfterEach
  void stop() {
    lab.close();
  }

  private static LabelSelector selector(String app) {
    return new LabelSelector(List.of(Requirement.equalTo("app", app)));
  }

  private static Pod pod(String app, String name, String on, String... addresses) {
    return new Pod(
        new ObjectKey("x", name),
        on,
        false,
        false,
        Map.of("app", app),
        List.of(addresses).stream().map(IpAddress::parse).toList(),
        List.of());
  }

  private static Pod web(int number) {
    String at = (number / 200) + "." + (1 + number % 200);
    return pod("web", "web-" + number, "n1", "10.0." + at);
  }

  /** Applies an event and returns the lines that it took, without the names of chains and sets. */
  private List<String> lines(AffectedObjects event) throws IOException {
    List<Transaction> transactions =
        node.attempt(dataplane, ReconcileRequest.of(event, "an event"), MODE);
    assertThat(transactions).hasSizeLessThan(2);
    assertThat(node.due(cluster, MODE)).as("due for an agent that starts now").isEmpty();
    return transactions.stream()
        .flatMap(each -> each.payload().lines())
        .map(
            line ->
                line.replaceAll("NWPLCY-(IN|TO)-[a-z2-7]{14,16}-", "NWPLCY-$1-HASH-")
                    .replaceAll("NWPLCY-([46])-[a-z2-7]{20}", "NWPLCY-$1-SET"))
        .toList();
  }

  private String listed() throws IOException {
    return node.run("", "nft", "-s", "list", "table", "inet", "netpol");
  }

  @Test
  void podsComeAndGoByTheirOwnChainsAndElements() throws IOException {
    List<AffectedObjects> events = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      events.add(cluster.put(web(i)));
    }
    ReconcileRequest all =
        events.stream()
            .map(event -> ReconcileRequest.of(event, "many"))
            .reduce(ReconcileRequest.NONE, ReconcileRequest::and);
    node.attempt(dataplane, all, MODE);
    assertThat(node.due(cluster, MODE)).isEmpty();
    assertThat(listed().split(" : jump NWPLCY-IN-", -1)).hasSize(MANY + 1);

    assertThat(lines(cluster.put(web(MANY))))
        .containsExactly(
            "add table inet netpol",
            "add chain inet netpol NWPLCY-IN-HASH-4",
            "add rule inet netpol NWPLCY-IN-HASH-4 ip saddr 10.0.3.101 counter return"
                + " comment \"x/web-700 itself\"",
            "add rule inet netpol NWPLCY-IN-HASH-4 ip saddr @NWPLCY-4-SET counter return"
                + " comment \"x/for-web ingress 1: pods app=api in namespace x\"",
            "add rule inet netpol NWPLCY-IN-HASH-4 counter drop"
                + " comment \"x/web-700 ingress denied: x/for-web\"",
            "add element inet netpol NWPLCY-TO-4 { 10.0.3.101 : jump NWPLCY-IN-HASH-4 }");
    assertThat(lines(cluster.put(pod("api", "api", "n2", "10.1.0.1", "fd00::1"))))
        .containsExactly(
            "add table inet netpol", "add element inet netpol NWPLCY-4-SET { 10.1.0.1 }");
    assertThat(lines(cluster.remove(Kind.POD, new ObjectKey("x", "api"))))
        .containsExactly(
            "add table inet netpol", "delete element inet netpol NWPLCY-4-SET { 10.1.0.1 }");
    assertThat(lines(cluster.remove(Kind.POD, web(MANY).key())))
        .containsExactly(
            "add table inet netpol",
            "flush chain inet netpol NWPLCY-IN-HASH-4",
            "delete element inet netpol NWPLCY-TO-4 { 10.0.3.101 }",
            "delete chain inet netpol NWPLCY-IN-HASH-4");
    assertThat(lines(cluster.put(pod("other", "other", "n1", "10.9.9.9")))).isEmpty();
  }

  @Test
  void addressOfTwoPodsLeadsToTheChainsOfBoth() throws IOException {
    lines(cluster.put(web(0)));
    assertThat(lines(cluster.put(pod("web", "next", "n1", "10.0.0.1"))))
        .contains(
            "delete element inet netpol NWPLCY-TO-4 { 10.0.0.1 }",
            "add chain inet netpol NWPLCY-TO-HASH-4",
            "add element inet netpol NWPLCY-TO-4 { 10.0.0.1 : jump NWPLCY-TO-HASH-4 }",
            "add rule inet netpol NWPLCY-TO-HASH-4 jump NWPLCY-IN-HASH-4 comment \"pod x/next\"",
            "add rule inet netpol NWPLCY-TO-HASH-4 jump NWPLCY-IN-HASH-4 comment \"pod x/web-0\"");
    assertThat(lines(cluster.put(pod("web", "third", "n1", "10.0.0.1"))))
        .contains("flush chain inet netpol NWPLCY-TO-HASH-4")
        .noneMatch(line -> line.contains("element"));
    lines(cluster.remove(Kind.POD, new ObjectKey("x", "third")));
    assertThat(lines(cluster.remove(Kind.POD, web(0).key())))
        .contains(
            "add element inet netpol NWPLCY-TO-4 { 10.0.0.1 : jump NWPLCY-IN-HASH-4 }",
            "delete chain inet netpol NWPLCY-TO-HASH-4")
        .noneMatch(line -> line.startsWith("add rule"));
  }

  @Test
  void nothingIsLeftWithoutAnIsolatedPod() throws IOException {
    lines(cluster.put(pod("web", "web", "n1", "10.0.0.1", "fd00::1")));
    lines(cluster.put(pod("web", "next", "n1", "10.0.0.1", "fd00::1")));
    lines(cluster.put(pod("other", "other", "n1", "10.0.0.2", "fd00::2")));
    lines(cluster.remove(Kind.POD, new ObjectKey("x", "web")));
    assertThat(listed()).contains("NWPLCY-HOOK-FORWARD-6");
    lines(cluster.remove(Kind.NETWORK_POLICY, new ObjectKey("x", "for-web")));
    for (Transaction unused : dataplane.collectGarbage(100)) {
      node.run(unused.payload(), "nft", "-f", "-");
      dataplane.confirm(unused);
    }
    assertThat(listed()).isEqualTo("table inet netpol {\n}\n");
  }
}
