package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.dataplane.render.Names;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.settings.Setting;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.apache.camel.console.DevConsole;
import org.apache.camel.console.DevConsoleRegistry;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What one sees of a running agent by its console, and by JMX with a client that is a real one. */
@Tag("agent")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentViewTest {

  private TestAgent agent;
  private FakeTools tools;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings());
    agent.pod("web", "10.0.0.1");
    agent.pod("api", "10.0.0.2");
    agent.pod("bad", "10.0.0.3");
    agent.policy("for-web", "web", "from: [{podSelector: {}}],");
    agent.policy("for-bad", "bad", "");
    tools.poison("shop/for-bad ingress 1");
    agent.policy(
        """
        metadata: {name: odd, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: web}}
          policyTypes: [Egress]
          egress: [{to: [{ipBlock: {cidr: 10.0.0.300/24}}]}]
        """);
    agent.set(Setting.FAMILIES, "ipv4").start();
    TestAgent.eventually("the letter", () -> agent.files().size() == 1);
    TestAgent.eventually("applied", () -> console("pod=web").contains("  applied  "));
  }

  @AfterAll
  void stop() {
    agent.close();
  }

  private String console(String query) throws Exception {
    return agent.get("/netpol/console?" + query).body();
  }

  @Test
  void consoleShowsPodsPoliciesAndThePipeline() throws Exception {
    String text = console("");
    assertThat(text)
        .startsWith("node n1\n")
        .contains("knows         3 policies, 3 pods, 3 of them here\n")
        .contains("pod shop/api  10.0.0.2\n  not isolated\n")
        .contains(chain(Direction.INGRESS, "web") + "  ")
        .contains("by shop/for-web (ingress, selective)")
        .contains("3 members: all pods in namespace shop")
        .contains("policy shop/for-web  ingress, selective\n  selects  1 pod here: shop/web\n")
        .contains("ingress 1  all pods in namespace shop (3 pods)")
        .contains("invalid field  NetworkPolicy shop/odd: spec.egress[0].to[0].ipBlock.cidr")
        .contains(
            "dead letter " + agent.files().get(0).getFileName().toString().replace(".json", ""));
  }

  @Test
  void consoleFiltersAndIsBounded() throws Exception {
    assertThat(console("pod=web"))
        .contains("pod shop/web")
        .contains("policy shop/for-web")
        .doesNotContain("\npod shop/api")
        .doesNotContain("\npolicy shop/for-bad");
    assertThat(console("policy=shop/for-bad"))
        .contains("pod shop/bad")
        .contains("policy shop/for-bad")
        .doesNotContain("\npod shop/web");
    assertThat(console("namespace=other"))
        .doesNotContain("\npod shop")
        .doesNotContain("\npolicy shop");
    assertThat(console("limit=1")).contains("and 2 pods more").contains("and 2 policies more");
    assertThat(agent.get("/netpol/console?limit=x").statusCode()).isEqualTo(400);
  }

  @Test
  void consoleIsJsonToo() throws Exception {
    JsonNode json = new ObjectMapper().readTree(console("output=json&pod=web"));
    assertThat(json.at("/pipeline/node").asText()).isEqualTo("n1");
    assertThat(json.at("/pipeline/families/0").asText()).isEqualTo("IPv4");
    assertThat(json.at("/pipeline/last/result").asText()).isNotEmpty();
    assertThat(json.at("/pods")).hasSize(1);
    assertThat(json.at("/pods/0/directions")).hasSize(2);
    assertThat(json.at("/pods/0/directions/0/chain").asText())
        .isEqualTo(chain(Direction.INGRESS, "web"));
    assertThat(json.at("/pods/0/sets/0/members").asInt()).isEqualTo(3);
    assertThat(json.at("/policies/0/rules/0/peers/0/pods").asInt()).isEqualTo(3);
    assertThat(json.at("/policies/1/problems")).hasSize(1);
  }

  @Test
  void consoleAnswersThisHostAlone() throws Exception {
    URI uri = agent.uri("/netpol/console");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort())) {
      String request =
          "GET /netpol/console HTTP/1.1\r\nHost: attacker.example\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .startsWith("HTTP/1.1 403 ");
    }
  }

  @Test
  void camelsOwnConsolesHaveItWhereTheirJarIsThere() {
    DevConsole console =
        agent
            .agent()
            .context()
            .getCamelContextExtension()
            .getContextPlugin(DevConsoleRegistry.class)
            .resolveById("netpol");
    assertThat(console).isNotNull();
    assertThat((String) console.call(DevConsole.MediaType.TEXT, Map.of("pod", "web")))
        .contains("pod shop/web")
        .doesNotContain("\npod shop/api");
    assertThat(((Map<?, ?>) console.call(DevConsole.MediaType.JSON, Map.of())).keySet())
        .hasToString("[pipeline, pods, morePods, policies, morePolicies]");
  }

  @Test
  void theSameIsThereByJmxWithOperations() throws Exception {
    ObjectName name =
        new ObjectName("org.apache.camel:context=camel-netpol,type=services,name=AgentControl");
    JMXConnectorServer server =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("rmi", "127.0.0.1", 0),
            Map.of(),
            ManagementFactory.getPlatformMBeanServer());
    server.start();
    try (JMXConnector connector = JMXConnectorFactory.connect(server.getAddress())) {
      MBeanServerConnection jmx = connector.getMBeanServerConnection();
      assertThat(jmx.getAttribute(name, "LocalPods")).isEqualTo(3);
      assertThat(jmx.getAttribute(name, "Policies")).isEqualTo(3);
      assertThat(jmx.getAttribute(name, "Backend").toString()).endsWith("iptables-restore");
      assertThat(invoke(jmx, name, "show", "shop", "web", "")).contains("pod shop/web");
      assertThat(
              new ObjectMapper().readTree(invoke(jmx, name, "json", "", "", "for-web")).at("/pods"))
          .hasSize(1);
      assertThat(invoke(jmx, name, "wantedRules"))
          .contains("*filter\n")
          .contains(":" + chain(Direction.INGRESS, "web") + " - [0:0]\n")
          .contains("-A " + chain(Direction.INGRESS, "web") + " ")
          .contains(" 10.0.0.2\n");

      invoke(jmx, name, "setLogLevel", "io.netpol.example", "debug");
      assertThat(LogManager.getLogger("io.netpol.example").getLevel()).isEqualTo(Level.DEBUG);
      Configurator.setLevel("io.netpol.example", (Level) null);
      assertThatThrownBy(() -> invoke(jmx, name, "setLogLevel", "io.netpol", "loud"))
          .rootCause()
          .hasMessageContaining("no level \"loud\"");

      // These tools print no state back, so what was written is gone for the agent.
      String before = tools.delivered();
      invoke(jmx, name, "resync");
      TestAgent.eventually(
          "written anew",
          () ->
              tools
                  .delivered()
                  .substring(before.length())
                  .contains(chain(Direction.INGRESS, "web")));
    } finally {
      server.stop();
    }
  }

  private static String invoke(
      MBeanServerConnection jmx, ObjectName name, String operation, String... arguments)
      throws Exception {
    String[] types = new String[arguments.length];
    java.util.Arrays.fill(types, String.class.getName());
    return (String) jmx.invoke(name, operation, arguments, types);
  }

  private static String chain(Direction direction, String pod) {
    return Names.podChain(direction, new ObjectKey("shop", pod));
  }
}
