package io.netpol.cluster;

import static io.netpol.cluster.ServedPods.Path.CLUSTER_IP;
import static io.netpol.cluster.ServedPods.Path.HEADLESS;
import static io.netpol.cluster.ServedPods.Path.HOST_PORT;
import static io.netpol.cluster.ServedPods.Path.LOCAL_N1;
import static io.netpol.cluster.ServedPods.Path.LOCAL_N2;
import static io.netpol.cluster.ServedPods.Path.NODE_PORT_N1;
import static io.netpol.cluster.ServedPods.Path.NODE_PORT_N2;
import static io.netpol.cluster.ServedPods.Path.POD;

import io.netpol.cluster.ServedPods.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which servers answer behind Services, node ports and host ports, by each policy. A policy is
 * judged by the addresses in the filter table of the pod's node. So the sender is the client,
 * unless another node has put its own address in place of it on the way, which kube-proxy does for
 * {@code externalTrafficPolicy: Cluster} and for what the node itself sends to a Service.
 */
@Tag("cluster")
class ServicesTest {

  private static final int HOSTED = 18180;

  @AutoClose private static Namespace namespace;
  private static ServedPods servers;

  /** What a client asks for, and what of it should answer. */
  private final List<Target> targets = new ArrayList<>();

  private final List<String> answering = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    Agents.install("deploy/");
    namespace = new Namespace("services");
    servers = new ServedPods(namespace);
    namespace.apply(
        TestPod.server("client-1", "n1").role("client").yaml()
            + TestPod.server("client-2", "n2").role("client").yaml()
            + TestPod.server("caged-2", "n2").role("caged").yaml()
            + hosted("n1")
            + hosted("n2")
            + Policies.egress("caged", Policies.pods("to", "allowed"))
            + Policies.ingress("hosted", "[]"));
    namespace.ready("client-1", "client-2", "caged-2", "hosted-n1", "hosted-n2");
  }

  @Test
  void podOnTheNodeOfTheServers() {
    by(POD, "open", "allowed");
    by(HEADLESS, "open", "allowed");
    by(CLUSTER_IP, "open", "allowed");
    by(NODE_PORT_N1, "open", "allowed");
    by(LOCAL_N1, "open", "allowed");
    by(HOST_PORT, "open", "allowed");
    by(NODE_PORT_N2, "open", "node2"); // n2 sends it on with its own address
    hosted("n1", true);
    hosted("n2", true);
    ask(Client.pod(namespace, "client-1"));
  }

  @Test
  void podOnAnotherNode() {
    by(POD, "open", "allowed");
    by(HEADLESS, "open", "allowed");
    by(CLUSTER_IP, "open", "allowed");
    by(NODE_PORT_N1, "open", "allowed");
    by(LOCAL_N1, "open", "allowed");
    by(LOCAL_N2, "open", "allowed");
    by(HOST_PORT, "open", "allowed");
    by(NODE_PORT_N2, "open", "node2");
    hosted("n1", true);
    hosted("n2", true);
    ask(Client.pod(namespace, "client-2"));
  }

  @Test
  void podThatMaySendToOneServerOnly() {
    by(POD, "allowed");
    by(HEADLESS, "allowed");
    by(CLUSTER_IP, "allowed");
    by(LOCAL_N2, "allowed");
    by(NODE_PORT_N2); // its own egress allows it, and then n2's address is not a client's
    by(NODE_PORT_N1); // here it sends to a node, which no peer is
    by(LOCAL_N1);
    by(HOST_PORT);
    hosted("n1", false);
    hosted("n2", true); // its own node
    ask(Client.pod(namespace, "caged-2"));
  }

  @Test
  void outsideOfTheCluster() {
    by(POD, "open", "outside");
    by(HEADLESS, "open", "outside");
    by(NODE_PORT_N1, "open", "outside");
    by(NODE_PORT_N2, "open", "node2");
    by(LOCAL_N1, "open", "outside");
    by(LOCAL_N2); // no endpoint there
    by(HOST_PORT, "open", "outside");
    hosted("n1", true);
    hosted("n2", true);
    ask(Client.outside());
  }

  @Test
  void nodeOfTheServers() {
    String[] all = ServedPods.SERVERS.toArray(String[]::new);
    by(POD, all);
    by(HEADLESS, all);
    by(CLUSTER_IP, all);
    by(NODE_PORT_N1, all);
    by(LOCAL_N1, all);
    by(HOST_PORT, all);
    by(NODE_PORT_N2, "open", "node2");
    ask(Client.pod(namespace, "hosted-n1"));
  }

  @Test
  void anotherNode() {
    by(POD, "open", "node2");
    by(HEADLESS, "open", "node2");
    by(CLUSTER_IP, "open", "node2");
    by(NODE_PORT_N1, "open", "node2");
    by(NODE_PORT_N2, "open", "node2");
    by(LOCAL_N1, "open", "node2");
    by(LOCAL_N2, "open", "node2");
    by(HOST_PORT, "open", "node2");
    ask(Client.pod(namespace, "hosted-n2"));
  }

  @Test
  void podReachesItselfWhateverItsPoliciesSay() {
    for (String server : ServedPods.SERVERS) {
      List<Target> itself =
          servers.targets(List.of(server), List.of(POD, CLUSTER_IP, NODE_PORT_N1, HOST_PORT));
      Client.pod(namespace, server).reachesOnly(itself.stream().map(Target::name).toList(), itself);
    }
  }

  private void by(Path path, String... expected) {
    targets.addAll(servers.targets(ServedPods.SERVERS, Set.of(path)));
    servers.targets(List.of(expected), Set.of(path)).forEach(each -> answering.add(each.name()));
  }

  /** A policy selects the pod on the node's network, and means nothing there. */
  private void hosted(String node, boolean expected) {
    for (String address : RealCluster.addresses(node)) {
      Target target = Target.tcp("hosted on " + node, address, HOSTED);
      targets.add(target);
      if (expected) {
        answering.add(target.name());
      }
    }
  }

  private void ask(Client client) {
    client.reachesOnly(answering, targets);
  }

  private static String hosted(String node) {
    return TestPod.running(
            "hosted-" + node,
            node,
            "/agnhost",
            "netexec",
            "--http-port=" + HOSTED,
            "--udp-port=" + (HOSTED + 1))
        .role("hosted")
        .onHostNetwork()
        .yaml();
  }
}
