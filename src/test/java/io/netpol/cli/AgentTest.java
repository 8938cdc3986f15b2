package io.netpol.cli;

import static io.netpol.cli.TestAgent.chain;
import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent with its own routes on an API server, with programs that only write down. */
@Tag("agent")
class AgentTest {

  @TempDir private Path folder;
  private FakeTools tools;
  private TestAgent agent;

  @BeforeEach
  void startServer() throws IOException {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings());
    agent.pod("good", "10.0.0.1");
    agent.pod("bad", "10.0.0.2");
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void policyIsDeliveredOnceAndStatusChangesStartNoProcess() throws Exception {
    agent.policy("web", "good", "");
    agent.start();
    eventually(() -> tools.delivered().contains(chain("good")));
    String delivered = tools.delivered();
    assertThat(delivered).doesNotContain(chain("bad"));

    agent
        .api()
        .client()
        .pods()
        .inNamespace("shop")
        .withName("good")
        .edit(
            pod -> {
              pod.getStatus().setMessage("nobody's business");
              return pod;
            });
    agent.pod("other", "10.0.0.3");
    // What comes later has been delivered, so the changes before it have been worked off.
    agent.policy("later", "bad", "");
    eventually(() -> tools.delivered().contains(chain("bad")));
    assertThat(tools.delivered()).startsWith(delivered);
    String after = tools.delivered().substring(delivered.length());
    assertThat(after)
        .doesNotContain(":" + chain("good"), chain("other"))
        .containsOnlyOnce("# iptables-restore");
  }

  @Test
  void oneBadPieceOfManyStandsAlone() throws Exception {
    for (int i = 0; i < 16; i++) {
      agent.pod("pod-" + i, "10.0.1." + (i + 1));
      agent.policy("for-" + i, "pod-" + i, "");
    }
    tools.poison("shop/for-5 ingress 1");
    agent.start();
    eventually(() -> agent.files().size() == 1);
    for (int i = 0; i < 16; i++) {
      String line = "shop/for-" + i + " ingress 1";
      if (i != 5) {
        eventually(() -> tools.delivered().contains(line));
      }
    }
    eventually(() -> tools.delivered().contains("shop/pod-5 ingress denied: its rules"));
    assertThat(agent.files()).hasSize(1);
    assertThat(agent.health("ready").statusCode()).isEqualTo(503);
    assertThat(agent.health("ready").body()).contains("the kernel refuses").contains("pod-5");

    tools.poison("");
    eventually(() -> agent.files().isEmpty());
    eventually(() -> agent.health("ready").statusCode() == 200);
  }

  @Test
  void pieceThatIsRefusedGoesToTheDeadLettersAndHeals() throws Exception {
    agent.policy("for-good", "good", "");
    agent.policy("for-bad", "bad", "");
    tools.poison("shop/for-bad ingress 1");
    agent.start();
    eventually(() -> agent.files().size() == 1);

    JsonNode letter = new ObjectMapper().readTree(agent.files().get(0).toFile());
    assertThat(letter.get("pods").get(0).asText()).isEqualTo("shop/bad");
    assertThat(letter.get("policies").get(0).asText()).isEqualTo("shop/for-bad");
    assertThat(letter.get("exitStatus").asInt()).isEqualTo(2);
    assertThat(letter.get("line").asText()).contains("shop/for-bad ingress 1");
    assertThat(letter.get("payload").asText()).startsWith("*filter\n");
    eventually(() -> tools.delivered().contains("shop/for-good ingress 1"));
    eventually(() -> tools.delivered().contains("its rules could not be applied"));

    tools.poison("");
    eventually(() -> agent.files().isEmpty());
    assertThat(tools.delivered()).contains("shop/for-bad ingress 1");
  }

  @Test
  void readinessTellsOfEverySourceAndOfTheApply() throws Exception {
    agent.start();
    eventually(() -> agent.health("ready").statusCode() == 200);
    assertThat(agent.health("ready").body())
        .contains("consumer:pods")
        .contains("consumer:namespaces")
        .contains("consumer:nodes")
        .contains("consumer:network-policies")
        .contains("apply");
  }
}
