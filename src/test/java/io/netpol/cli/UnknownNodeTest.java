package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.route.settings.Setting;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The name that the agent was given is of no Node, or of none any more. */
@Tag("agent")
class UnknownNodeTest {

  private static final String NODE = "{name: %s}";

  private static final String RESYNCS = "netpol_route_exchanges_total{route=\"resync\"}";

  @TempDir private Path folder;

  private static void create(TestAgent agent, String name) {
    String node = "metadata: " + NODE.formatted(name) + "\nspec: {podCIDRs: [10.0.0.0/24]}\n";
    agent.api().client().resource(Serialization.unmarshal(node, Node.class)).create();
  }

  private static boolean says(TestAgent agent, String text) throws Exception {
    var ready = agent.health("ready");
    return ready.statusCode() == 503 && ready.body().replace("\\", "").contains(text);
  }

  @Test
  void nothingIsWrittenAndReadinessSaysWhyUntilTheNodeIsThere() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = new TestAgent(folder, tools.settings());
        AgentLog log = AgentLog.capture()) {
      agent.set(Setting.NODE, "n1.example").set(Setting.RESYNC_INTERVAL, "200");
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      agent.start();
      eventually("down", () -> says(agent, "there is no Node \"n1.example\" and no Pod on it"));
      assertThat(says(agent, "set NETPOL_NODE (netpol.node)")).isTrue();
      assertThat(says(agent, "fieldPath: spec.nodeName)")).isTrue();
      assertThat(says(agent, "Pods are on \"n1\"")).isTrue();
      assertThat(agent.metric("netpol_node_known")).isZero();
      double resyncs = agent.metric(RESYNCS);
      eventually("some resyncs", () -> agent.metric(RESYNCS) >= resyncs + 3);
      assertThat(tools.delivered()).as("written without knowing any pod of the node").isEmpty();
      assertThat(log.lines().stream().filter(line -> line.contains("there is no Node"))).hasSize(1);

      create(agent, "n1.example");
      eventually("ready", agent::isReady);
      assertThat(agent.metric("netpol_node_known")).isEqualTo(1);
      assertThat(log.lines()).anyMatch(line -> line.contains("the Node \"n1.example\" is there"));
    }
  }

  @Test
  void whatWasHeldBackIsAppliedWithTheFirstPodOfTheNode() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.api().client().nodes().withName("n1").delete();
      agent.policy("for-web", "web", "");
      agent.start();
      eventually("down", () -> says(agent, "there is no Node \"n1\" and no Pod on it"));
      agent.pod("web", "10.0.0.2");
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
      assertThat(says(agent, "there is no Node \"n1\"")).isTrue();
    }
  }

  @Test
  void nodeThatGoesIsSaidAndItsRangesAreNoLongerGuarded() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.api().client().nodes().withName("n1").delete();
      create(agent, "n1");
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      agent.set(Setting.UNPROGRAMMED, "drop").start();
      eventually("ready", agent::isReady);
      assertThat(tools.delivered()).contains("not programmed yet");
      double applies = agent.metric("netpol_apply_total{result=\"good\"}");
      agent.api().client().nodes().withName("n1").delete();
      eventually("open", () -> agent.metric("netpol_apply_total{result=\"good\"}") == applies + 1);
      eventually(
          "down", () -> says(agent, "the Node \"n1\" is gone: the rules of its Pods (1) stay"));
      create(agent, "n1");
      eventually("ready again", agent::isReady);
    }
  }
}
