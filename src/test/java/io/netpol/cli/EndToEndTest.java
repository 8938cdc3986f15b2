package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.demo.EmbeddedApiServer;
import io.netpol.demo.Flow;
import io.netpol.demo.LabNetwork;
import io.netpol.demo.LabPlan;
import io.netpol.demo.Prober;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two agents, each on a node of its own, from objects in an API server to packets in the kernel.
 */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EndToEndTest {

  private static final int PORT = 80;

  private final List<Agent> agents = new ArrayList<>();
  private EmbeddedApiServer api;
  private LabNetwork lab;
  private Prober prober;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node("n1")
                .node("n2")
                .pod("shop/web", "n1")
                .pod("shop/db", "n1")
                .pod("shop/api", "n2")
                .pod("play/toy", "n2")
                .outside("world"));
    prober = Prober.start(lab, Set.of(PORT));
    api = EmbeddedApiServer.start();
    api.create(
        lab,
        Map.of(
            "shop/web", Map.of("app", "web"),
            "shop/db", Map.of("app", "db"),
            "shop/api", Map.of("app", "api")));
    for (String node : List.of("n1", "n2")) {
      Map<Setting, String> settings = new EnumMap<>(Setting.class);
      settings.put(Setting.NODE, node);
      settings.put(Setting.ROUTES, "routes");
      settings.put(Setting.DEAD_LETTERS, folder.resolve(node).toString());
      settings.put(Setting.HTTP_PORT, Integer.toString(freePort()));
      String in = "ip netns exec " + lab.namespace(node) + " ";
      settings.put(Setting.COMMAND_IPSET, in + "ipset");
      settings.put(Setting.COMMAND_IPTABLES, in + "iptables-nft-restore");
      settings.put(Setting.COMMAND_IP6TABLES, in + "ip6tables-nft-restore");
      Agent agent = new Agent(Settings.of(settings), RunCommand.client(api.config()));
      agents.add(agent);
      agent.start();
    }
  }

  @AfterAll
  void stop() throws Exception {
    agents.forEach(Agent::stop);
    if (api != null) {
      api.close();
    }
    if (prober != null) {
      prober.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  @Test
  void policyIsEnforcedFollowedAndWithdrawn() throws Exception {
    assertThat(denied()).isEmpty();

    NetworkPolicy policy =
        Serialization.unmarshal(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: db, namespace: shop}
            spec:
              podSelector: {matchLabels: {app: db}}
              ingress:
              - from: [{podSelector: {matchLabels: {app: api}}}]
                ports: [{port: 80}]
            """,
            NetworkPolicy.class);
    api.client().resource(policy).create();
    eventually("play/toy>shop/db", "shop/web>shop/db", "world>shop/db", "n2>shop/db");

    api.client()
        .pods()
        .inNamespace("shop")
        .withName("web")
        .edit(
            pod -> {
              pod.getMetadata().getLabels().put("app", "api");
              return pod;
            });
    eventually("play/toy>shop/db", "world>shop/db", "n2>shop/db");

    api.client().resource(policy).delete();
    eventually();
  }

  /** Pairs that cannot connect, on either family, and that the measurement is sure of. */
  private Set<String> denied() throws IOException {
    List<String> addresses =
        lab.plan().pods().stream().flatMap(pod -> lab.addresses(pod.name()).stream()).toList();
    Set<String> denied = new TreeSet<>();
    prober
        .measure(Flow.all(lab.members(), addresses, Set.of(Flow.Protocol.TCP), Set.of(PORT)))
        .forEach(
            (flow, outcome) -> {
              if (outcome != Flow.Outcome.ALLOWED) {
                denied.add(flow.from() + ">" + lab.memberAt(flow.toAddress()).orElseThrow());
              }
            });
    return denied;
  }

  private void eventually(String... expected) throws Exception {
    Set<String> found = Set.of();
    for (int i = 0; i < 20; i++) {
      found = denied();
      if (found.equals(Set.of(expected))) {
        return;
      }
      Thread.sleep(100);
    }
    assertThat(found).containsExactlyInAnyOrder(expected);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
