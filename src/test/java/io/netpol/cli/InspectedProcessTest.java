package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.cli.SpanCollector.Span;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.route.Setting;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the page on Camel's tools says of an agent with jars in lib/ext, in a process of its own.
 */
@Tag("agent")
class InspectedProcessTest {

  private final ObjectMapper json = new ObjectMapper();
  @TempDir private Path folder;
  private TestAgent cluster;
  private FakeTools tools;
  private AgentProcess agent;

  @AfterEach
  void stop() throws InterruptedException {
    if (agent != null) {
      agent.kill();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void oneTraceLeadsFromThePolicyToTheTool() throws Exception {
    try (SpanCollector collector = new SpanCollector()) {
      prepare(
          InspectPageTest.block("settings", "opentelemetry"), Map.of(Setting.CHECK_DELAY, "50"));
      Properties environment = InspectPageTest.block("environment", "opentelemetry");
      for (String name : environment.stringPropertyNames()) {
        agent.with(name, environment.getProperty(name));
      }
      // The launcher hands these to Java.
      String options = environment.getProperty("NETPOL_JAVA_OPTS");
      agent
          .with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address())
          .with("OTEL_BSP_SCHEDULE_DELAY", "50")
          .start(List.of(options.split(" ")));
      eventually("the first", () -> isAlive() && tools.delivered().contains("NWPLCY-FORWARD"));
      cluster.policy("for-web", "web", "");
      eventually("delivered", () -> tools.delivered().contains("for-web"));
      eventually("its span", () -> policyAndTool(collector.spans()).isPresent());
      List<Span> spans = collector.spans();
      Map<String, Span> byId =
          spans.stream().collect(Collectors.toMap(Span::id, Function.identity(), (a, b) -> a));
      Span tool = policyAndTool(spans).get();
      List<String> way = new ArrayList<>();
      for (Span each = tool; each != null; each = byId.get(each.parent())) {
        way.add(0, each.name());
      }
      assertThat(way).startsWith("kubernetes-network-policies", "policy").endsWith("exec");
      assertThat(way)
          .containsSubsequence("event", "pending", "batch", "apply", "attempt", "deliver");
      Set<String> roots =
          spans.stream()
              .filter(span -> span.parent().isEmpty())
              .map(Span::name)
              .collect(Collectors.toSet());
      assertThat(roots).as("no timers").allMatch(name -> name.startsWith("kubernetes-"));
    }
  }

  /** A tool's span in the trace of a policy. */
  private static Optional<Span> policyAndTool(List<Span> spans) {
    Set<String> ofPolicies =
        spans.stream()
            .filter(span -> span.name().equals("kubernetes-network-policies"))
            .map(Span::trace)
            .collect(Collectors.toSet());
    return spans.stream()
        .filter(span -> span.name().equals("exec") && ofPolicies.contains(span.trace()))
        .findAny();
  }

  @Test
  void camelCommandIsAnswered() throws Exception {
    prepare(new Properties(), Map.of());
    Path home = Files.createDirectory(folder.resolve("user"));
    agent.with(Path.of("target/cli-connector/camel-cli-connector.jar").toAbsolutePath());
    agent.start(List.of("-Duser.home=" + home));
    Path camel = home.resolve(".camel");
    Path status = camel.resolve(agent.pid() + "-status.json");
    eventually(
        "status",
        () ->
            isAlive()
                && Files.exists(status)
                && json.readTree(status.toFile()).path("routes").size() > 20);
    JsonNode told = json.readTree(status.toFile());
    assertThat(told.path("context").path("name").asText()).isEqualTo("camel-netpol");
    assertThat(told.path("routes").findValuesAsText("routeId")).contains("pending", "deliver");

    JsonNode structure = ask(camel, "route-structure", "deliver", "\"brief\":\"false\"");
    assertThat(structure.toString()).contains("remember-delivery", "delivered");
    JsonNode dump = ask(camel, "route-dump", "deliver", "\"format\":\"yaml\"");
    assertThat(dump.toString()).contains("deliver-payload", "setVariable");
    JsonNode top = ask(camel, "top-processors", "*", "\"filter\":\"*\"");
    assertThat(top.toString()).contains("enrich");
  }

  private boolean isAlive() throws Exception {
    assertThat(agent.isAlive()).as(agent.printed()).isTrue();
    return true;
  }

  /** Asks as the command does: by a file that the connector reads and answers by another. */
  private JsonNode ask(Path camel, String action, String route, String more) throws Exception {
    Path answer = camel.resolve(agent.pid() + "-output.json");
    Files.deleteIfExists(answer);
    Files.writeString(
        camel.resolve(agent.pid() + "-action.json"),
        "{\"action\":\"%s\",\"filter\":\"%s\",\"id\":\"%s\",%s}"
            .formatted(action, route, route, more));
    eventually(action, () -> Files.exists(answer) && Files.size(answer) > 2);
    return json.readTree(answer.toFile());
  }

  private void prepare(Properties camel, Map<Setting, String> more) throws Exception {
    tools = new FakeTools(folder);
    cluster = new TestAgent(folder, tools.settings());
    cluster.pod("web", "10.0.0.1");
    Path kubeconfig =
        Files.writeString(
            folder.resolve("kubeconfig"),
            Kubeconfig.to(cluster.api().config().getMasterUrl().toString()));
    StringWriter lines = new StringWriter();
    camel.store(lines, null);
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(folder.resolve("conf/netpol.properties"), lines.toString());
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.putAll(cluster.settings());
    settings.put(Setting.KUBECONFIG, kubeconfig.toString());
    settings.putAll(more);
    agent = new AgentProcess(folder, settings);
  }
}
