package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Event;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dead letters of a running agent, by command, by JMX and as Events; nothing is retried by itself.
 */
@Tag("agent")
class DeadLettersCommandTest {

  private static final String BAD = "shop/for-bad ingress 1";
  private static final int TABLE_COLUMNS = 80;

  @TempDir private Path folder;
  private FakeTools tools;
  private TestAgent agent;
  private String id;

  @BeforeEach
  void refuse() throws Exception {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings());
    agent.set(Setting.RETRY_INTERVAL, "3600000").set(Setting.RESYNC_INTERVAL, "3600000");
    agent.pod("bad", "10.0.0.2");
    agent.policy("for-bad", "bad", "");
    agent.policy("also-for-bad", "bad", "");
    tools.poison(BAD);
    agent.start();
    eventually("a letter", () -> agent.files().size() == 1);
    id = agent.files().get(0).getFileName().toString().replace(".json", "");
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void lettersAreListedAndShown() throws IOException {
    String table = netpol("list");
    assertThat(table)
        .startsWith("0\nID ")
        .contains(LetterTable.shortId(id) + "  shop/bad")
        .satisfies(t -> assertThat(t.lines()).allMatch(line -> line.length() <= TABLE_COLUMNS));
    JsonNode list = new ObjectMapper().readTree(netpol("list", "--output", "json").substring(2));
    assertThat(list).hasSize(1);
    assertThat(list.get(0).get("id").asText()).isEqualTo(id);

    assertThat(netpol("show", LetterTable.shortId(id)))
        .startsWith("0\n")
        .contains("pods         shop/bad\n")
        .contains("node         n1\n")
        .contains("policies     shop/for-bad\n")
        .contains("attempts     5\n")
        .contains("state        closed\n")
        .contains("exit status  2\n")
        .contains("\npayload:\n*filter\n")
        .endsWith("COMMIT\n");
    JsonNode shown = new ObjectMapper().readTree(netpol("show", id, "--output=json").substring(2));
    assertThat(shown).isEqualTo(new ObjectMapper().readTree(agent.files().get(0).toFile()));
  }

  @Test
  void letterSaysWhoWroteItAndWhichPolicyFailed() throws IOException {
    JsonNode letter = new ObjectMapper().readTree(agent.files().get(0).toFile());
    assertThat(letter.get("schemaVersion").asInt()).isEqualTo(2);
    assertThat(letter.get("node").asText()).isEqualTo("n1");
    assertThat(letter.get("agentVersion").asText()).isEqualTo(Netpol.version());
    assertThat(letter.get("exchangeId").asText()).matches("[0-9A-F]{15}-[0-9A-F]{16}");
    assertThat(letter.get("policies").toString()).isEqualTo("[\"shop/for-bad\"]");
    assertThat(letter.get("candidates")).isEmpty();
    assertThat(letter.has("policyUnknown")).isFalse();
  }

  /**
   * The batch and its three retries, then its half (a family); each replay is a batch of its own.
   */
  @Test
  void attemptsAreTheTriesThatFailed() throws IOException {
    assertThat(attempts()).isEqualTo(5);
    netpol("replay", id);
    assertThat(attempts()).isEqualTo(9);
  }

  private int attempts() throws IOException {
    return new ObjectMapper().readTree(agent.files().get(0).toFile()).get("attempts").asInt();
  }

  @Test
  void replayTriesAtOnceAndTellsWhatCameOfIt() throws Exception {
    assertThat(netpol("replay", id)).startsWith("1\n" + id + ": refused again: ");
    tools.poison("");
    assertThat(netpol("replay", "--all")).isEqualTo("0\n" + id + ": applied\n");
    assertThat(agent.files()).isEmpty();
    assertThat(tools.delivered()).contains(BAD);
    eventually("ready", agent::isReady);
    assertThat(netpol("list")).isEqualTo("0\nthere are no dead letters\n");
    assertThat(netpol("replay", "--all")).isEqualTo("0\nthere are no dead letters\n");
  }

  @Test
  void droppedLetterIsNoLongerReported() throws Exception {
    assertThat(netpol("drop", id)).isEqualTo("0\n" + id + ": dropped\n");
    assertThat(agent.files()).isEmpty();
    assertThat(agent.health("ready").body()).doesNotContain("the kernel refuses");
    assertThat(tools.delivered()).doesNotContain(BAD);
  }

  @Test
  void withoutAnAgentReplayFailsAndDropRemovesTheFile() {
    agent.stop();
    assertThat(netpol("replay", id, "--wait", "1"))
        .startsWith("1\nnetpol: no agent took the request");
    assertThat(agent.letters().toFile().list()).containsExactly(id + ".json");
    assertThat(netpol("drop", "--all", "--wait", "0")).isEqualTo("0\n" + id + ": dropped\n");
    assertThat(agent.letters().toFile().list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nobody", "../passwd", "/etc/passwd", "", "a\u001b[31m"})
  void unknownIdIsBadInput(String unknown) {
    for (String command : List.of("show", "replay", "drop")) {
      assertThat(netpol(command, unknown))
          .startsWith("2\nnetpol: no dead letter \"")
          .doesNotContain("\u001b");
    }
    assertThat(agent.files()).hasSize(1);
  }

  @Test
  void badUsageAndMissingFoldersAreSaid() {
    assertThat(netpol("replay")).startsWith("2\n").contains("ids or --all");
    assertThat(netpol("drop", id, "--all")).startsWith("2\n");
    assertThat(agent.netpol("dead-letters")).startsWith("2\n");
    assertThat(agent.netpol("dead-letters", "list", "--folder", folder + "/none"))
        .startsWith("2\nnetpol: no such folder: ");
  }

  @Test
  void requestOfNoLetterIsTakenAwayAndNothingElseHappens() throws Exception {
    for (String name : List.of("nobody.replay", "nobody.drop")) {
      Files.createFile(agent.letters().resolve(name));
    }
    eventually("taken", () -> agent.letters().toFile().list().length == 1);
    assertThat(agent.files()).hasSize(1);
  }

  @Test
  void lettersAreThereByJmx() throws Exception {
    ObjectName name =
        new ObjectName("org.apache.camel:context=camel-netpol,type=services,name=DeadLetterMBean");
    JMXConnectorServer server =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("rmi", "127.0.0.1", 0),
            Map.of(),
            ManagementFactory.getPlatformMBeanServer());
    server.start();
    try (JMXConnector connector = JMXConnectorFactory.connect(server.getAddress())) {
      MBeanServerConnection jmx = connector.getMBeanServerConnection();
      assertThat(jmx.getAttribute(name, "Count")).isEqualTo(1);
      assertThat((List<?>) jmx.getAttribute(name, "List"))
          .singleElement()
          .asString()
          .startsWith(id + ": shop/bad: ");
      assertThat(new ObjectMapper().readTree((String) operation(jmx, name, "show", id)))
          .isEqualTo(new ObjectMapper().readTree(agent.files().get(0).toFile()));
      assertThatThrownBy(() -> operation(jmx, name, "drop", "../x"))
          .rootCause()
          .hasMessage("no dead letter ../x");

      String digest = LetterTable.shortId(id);
      operation(jmx, name, "replay", digest);
      eventually(
          "tried",
          () -> operation(jmx, name, "show", digest).toString().contains("\"attempts\" : 9"));
      operation(jmx, name, "drop", digest);
      assertThat(jmx.getAttribute(name, "Count")).isEqualTo(0);
      assertThat(agent.files()).isEmpty();
      assertThat(jmx.getAttribute(name, "Problem")).isEqualTo("");
    } finally {
      server.stop();
    }
  }

  private static Object operation(
      MBeanServerConnection jmx, ObjectName bean, String operation, String argument)
      throws Exception {
    return jmx.invoke(
        bean, operation, new Object[] {argument}, new String[] {String.class.getName()});
  }

  @Test
  void eventsOnPodAndPolicySayWhatIsWrongAndWhenItHealed() throws Exception {
    for (String[] object : new String[][] {{"Pod", "bad"}, {"NetworkPolicy", "for-bad"}}) {
      eventually("told", () -> agent.events(object[0], object[1]).size() == 1);
      Event event = agent.events(object[0], object[1]).get(0);
      assertThat(event.getType()).isEqualTo("Warning");
      assertThat(event.getReason()).isEqualTo("NetworkPolicyNotApplied");
      assertThat(event.getMessage())
          .startsWith("node n1: the rules of shop/bad could not be applied (nothing passes): ");
      assertThat(event.getMetadata().getNamespace()).isEqualTo("shop");
      assertThat(event.getInvolvedObject().getUid())
          .isNotEmpty()
          .isEqualTo(
              (object[0].equals("Pod")
                      ? agent.api().client().pods().inNamespace("shop").withName("bad").get()
                      : agent
                          .api()
                          .client()
                          .network()
                          .v1()
                          .networkPolicies()
                          .inNamespace("shop")
                          .withName("for-bad")
                          .get())
                  .getMetadata()
                  .getUid());
    }
    tools.poison("");
    netpol("replay", "--all");
    eventually("healed", () -> agent.events("Pod", "bad").size() == 2);
    eventually("healed", () -> agent.events("NetworkPolicy", "for-bad").size() == 2);
    assertThat(agent.events("Pod", "bad"))
        .anySatisfy(
            event -> {
              assertThat(event.getType()).isEqualTo("Normal");
              assertThat(event.getReason()).isEqualTo("NetworkPolicyApplied");
            });
  }

  private String netpol(String command, String... more) {
    String[] args = new String[more.length + 4];
    args[0] = "dead-letters";
    args[1] = command;
    args[2] = "--folder";
    args[3] = agent.letters().toString();
    System.arraycopy(more, 0, args, 4, more.length);
    return agent.netpol(args);
  }
}
