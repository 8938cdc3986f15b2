package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.Flow;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two agents, each on a node of its own, from objects in an API server to packets in the kernel:
 * whatever happens to policies, pods and namespaces shows without a restart.
 */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class EndToEnd {

  private static final int PORT = 80;
  private static final Map<String, Map<String, String>> PODS =
      Map.of(
          "shop/web", Map.of("app", "web"),
          "shop/db", Map.of("app", "db"),
          "shop/api", Map.of("app", "api"),
          "play/toy", Map.of("app", "toy"));

  private static final String FOREIGN_RULE = "-A FORWARD -p tcp -m tcp --dport 9999 -j DROP";

  private final LabPlan.Wiring wiring;
  private final String backend;
  private final boolean nftables;
  private final String peers;
  private final List<Agent> agents = new ArrayList<>();
  private ApiFixture api;
  private LabNetwork lab;
  private Prober prober;

  EndToEnd(LabPlan.Wiring wiring, String backend, String peers) {
    this.wiring = wiring;
    this.nftables = backend.equals("nftables");
    this.backend = nftables ? "nft" : backend;
    this.peers = peers;
  }

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    lab =
        LabNetwork.start(
            LabPlan.of(wiring)
                .node("n1")
                .node("n2")
                .pod("shop/web", "n1")
                .pod("shop/db", "n1")
                .pod("shop/api", "n2")
                .pod("play/toy", "n2")
                .outside("world"));
    prober = Prober.start(lab, Set.of(PORT));
    api = new ApiFixture();
    api.createNamespace("shop", Map.of());
    api.createNamespace("play", Map.of());
    for (LabPlan.Node node : lab.plan().nodes()) {
      api.createNode(node.name(), node.addresses());
      run(node.name(), "iptables-" + backend, FOREIGN_RULE);
      run(node.name(), "ipset", "create foreign hash:ip");
      run(node.name(), "ipset", "add foreign 192.0.2.1");
    }
    for (LabPlan.Pod pod : lab.plan().pods()) {
      api.createPod(pod.name(), pod.node(), PODS.get(pod.name()), lab.addresses(pod.name()));
    }
    for (LabPlan.Node node : lab.plan().nodes()) {
      Agent agent =
          new Agent(Settings.of(settings(node.name(), folder)), ApiServer.watched(api.config()));
      agents.add(agent);
      agent.start();
    }
  }

  private Map<Setting, String> settings(String node, Path folder) throws IOException {
    Map<Setting, String> settings =
        AgentSettings.of(
            api.name(node), folder.resolve(node), AgentSettings.inside(lab, node, backend));
    settings.put(Setting.PEERS, peers);
    if (nftables) {
      settings.put(Setting.BACKEND, "nftables");
    }
    return settings;
  }

  @AfterAll
  void stop() throws Exception {
    agents.forEach(Agent::stop);
    for (AutoCloseable each : new AutoCloseable[] {api, prober, lab}) {
      if (each != null) {
        each.close();
      }
    }
  }

  @Test
  void whateverHappensToObjectsShowsInTheKernel() throws Exception {
    eventually();

    api.policy(
        "shop",
        "db",
        """
        podSelector: {matchLabels: {app: db}}
        ingress:
        - from: [{podSelector: {matchLabels: {app: api}}}]
          ports: [{port: 80}]
        """);
    eventually("play/toy>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    api.editPod("shop/web", pod -> pod.getMetadata().getLabels().put("app", "api"));
    eventually("play/toy>shop/db", "world>shop/db", "n2>shop/db");

    api.editPod("shop/web", pod -> pod.getMetadata().getLabels().put("app", "web"));
    eventually("play/toy>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    // Changed: another peer, by namespace, which is labelled only later.
    api.policy(
        "shop",
        "db",
        """
        podSelector: {matchLabels: {app: db}}
        ingress: [{from: [{namespaceSelector: {matchLabels: {team: play}}}]}]
        """);
    eventually(
        "play/toy>shop/db", "shop/api>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");
    api.labelNamespace("play", "team", "play");
    eventually("shop/api>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    // The peer gets another address.
    String node = "n2";
    List<String> moved = lab.plan().podAddresses(node, 77);
    lab.movePod("play/toy", moved);
    api.status("play/toy", "Running", moved);
    eventually("shop/api>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    // A finished pod is no peer: its address may be in use again.
    api.status("play/toy", "Succeeded", moved);
    eventually(
        "play/toy>shop/db", "shop/api>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    // A policy of the sender's side, on the other node.
    api.deletePolicy("shop", "db");
    eventually();
    api.policy("shop", "api", "{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress]}");
    eventually("shop/api>play/toy", "shop/api>shop/db", "shop/api>shop/web");

    // Created again, both at once; then the selected pod goes.
    api.policy("shop", "db", "{podSelector: {matchLabels: {app: db}}}");
    eventually(
        "shop/api>play/toy",
        "shop/api>shop/db",
        "shop/api>shop/web",
        "play/toy>shop/db",
        "shop/web>shop/db",
        "world>shop/db",
        "n2>shop/db");
    api.deletePod("shop/db");
    eventually("shop/api>play/toy", "shop/api>shop/db", "shop/api>shop/web");
    api.deletePolicy("shop", "api");
    eventually();

    for (LabPlan.Node each : lab.plan().nodes()) {
      assertThat(output(each.name(), "iptables-" + backend, "-S FORWARD").lines().toList())
          .containsExactlyElementsOf(
              nftables
                  ? List.of("-P FORWARD ACCEPT", FOREIGN_RULE)
                  : List.of("-P FORWARD ACCEPT", "-A FORWARD -j NWPLCY-FORWARD", FOREIGN_RULE));
      assertThat(output(each.name(), "ipset", "list foreign -terse")).contains("Name: foreign");
    }

    // What was enforced stays enforced when the agents end.
    api.policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
    String[] closed = {
      "play/toy>shop/web", "shop/api>shop/web", "shop/db>shop/web", "world>shop/web", "n2>shop/web"
    };
    eventually(closed);
    agents.forEach(Agent::stop);
    assertThat(denied(Set.of(closed))).containsExactlyInAnyOrder(closed);
  }

  /** Pairs that cannot connect, on either family. */
  private Set<String> denied(Set<String> expected) throws IOException {
    List<String> addresses =
        lab.plan().pods().stream().flatMap(pod -> lab.addresses(pod.name()).stream()).toList();
    Set<String> denied = new TreeSet<>();
    prober
        .measure(
            Flow.all(lab.members(), addresses, Set.of(Flow.Protocol.TCP), Set.of(PORT)),
            flow -> expected.contains(pair(flow)) ? Flow.Outcome.DENIED : Flow.Outcome.ALLOWED)
        .forEach(
            (flow, outcome) -> {
              if (outcome != Flow.Outcome.ALLOWED) {
                denied.add(pair(flow));
              }
            });
    return denied;
  }

  private String pair(Flow flow) {
    return flow.from() + ">" + lab.memberAt(flow.toAddress()).orElseThrow();
  }

  private void eventually(String... expected) throws Exception {
    AtomicReference<Set<String>> found = new AtomicReference<>();
    Eventually.holds(
        () -> "denied " + Set.of(expected) + ", but it is " + found.get(),
        () -> {
          found.set(denied(Set.of(expected)));
          return found.get().equals(Set.of(expected));
        });
  }

  private void run(String member, String tool, String arguments) throws IOException {
    output(member, tool, arguments);
  }

  private String output(String member, String tool, String arguments) throws IOException {
    return lab.run(member, tool + " " + arguments);
  }
}
