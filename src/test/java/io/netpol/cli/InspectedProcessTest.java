package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.cli.SpanCollector.Span;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.io.StringWriter;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
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
      eventually("ready", () -> isAlive() && isReady());
      cluster.policy("for-web", "web", "");
      eventually("delivered", () -> tools.delivered().contains("for-web"));
      eventually("its span", () -> ways(collector.spans()).stream().anyMatch(this::isWhole));
      List<Span> spans = collector.spans();
      Set<String> roots =
          spans.stream()
              .filter(span -> span.parent().isEmpty())
              .map(Span::name)
              .collect(Collectors.toSet());
      assertThat(roots).as("no timers").allMatch(name -> name.startsWith("kubernetes-"));
    }
  }

  private boolean isWhole(List<String> way) {
    List<String> steps = new ArrayList<>(way);
    steps.retainAll(List.of("policy", "event", "pending", "batch", "apply", "attempt", "deliver"));
    return way.get(0).startsWith("kubernetes-")
        && List.copyOf(new LinkedHashSet<>(steps))
            .equals(List.of("policy", "event", "pending", "batch", "apply", "attempt", "deliver"));
  }

  /** The names of the spans from the first of its trace to each command. */
  private static List<List<String>> ways(List<Span> spans) {
    Map<String, Span> byId =
        spans.stream().collect(Collectors.toMap(Span::id, Function.identity(), (a, b) -> a));
    List<List<String>> ways = new ArrayList<>();
    for (Span tool : spans) {
      if (tool.name().equals("exec")) {
        List<String> way = new ArrayList<>();
        for (Span each = tool; each != null; each = byId.get(each.parent())) {
          way.add(0, each.name());
        }
        ways.add(way);
      }
    }
    return ways;
  }

  @Test
  void camelCommandIsAnswered() throws Exception {
    prepare(new Properties(), Map.of());
    Path home = Files.createDirectory(folder.resolve("user"));
    agent.with(Path.of("target/cli-connector/camel-cli-connector.jar").toAbsolutePath());
    agent.start(List.of("-Duser.home=" + home));
    Path camel = home.resolve(".camel");
    Path status = camel.resolve(agent.pid() + "-status.json");
    AtomicReference<JsonNode> read = new AtomicReference<>();
    eventually(
        "status",
        () ->
            isAlive()
                && Files.exists(status)
                && isSet(read, whole(status))
                && read.get().path("routes").size() > 20);
    JsonNode told = read.get();
    assertThat(told.path("context").path("name").asText()).isEqualTo("camel-netpol");
    assertThat(told.path("routes").findValuesAsText("routeId")).contains("pending", "deliver");

    JsonNode structure = ask(camel, "route-structure", "deliver", "\"brief\":\"false\"");
    assertThat(structure.toString()).contains("remember-delivery", "delivered");
    JsonNode dump =
        ask(camel, "route-dump", "deliver", "\"format\":\"yaml\",\"uriAsParameters\":\"false\"");
    assertThat(dump.toString()).contains("deliver-payload", "setVariable");
    JsonNode top = ask(camel, "top-processors", "*", "\"filter\":\"*\"");
    assertThat(top.toString()).contains("enrich");
  }

  private boolean isAlive() throws Exception {
    assertThat(agent.isAlive()).as(agent.printed()).isTrue();
    return true;
  }

  /** Before it listens, nobody answers. */
  private boolean isReady() throws Exception {
    try {
      return cluster.isReady();
    } catch (ConnectException e) {
      return false;
    }
  }

  /** Asks as the command does: by a file that the connector reads and answers by another. */
  private JsonNode ask(Path camel, String action, String route, String more) throws Exception {
    Path answer = camel.resolve(agent.pid() + "-output.json");
    Files.deleteIfExists(answer);
    Files.writeString(
        camel.resolve(agent.pid() + "-action.json"),
        "{\"action\":\"%s\",\"filter\":\"%s\",\"id\":\"%s\",%s}"
            .formatted(action, route, route, more));
    AtomicReference<JsonNode> found = new AtomicReference<>();
    eventually(action, () -> Files.exists(answer) && isSet(found, whole(answer)));
    return found.get();
  }

  private static boolean isSet(AtomicReference<JsonNode> found, JsonNode value) {
    found.set(value);
    return value != null;
  }

  /** Null while the file is being written. */
  private JsonNode whole(Path file) throws IOException {
    try {
      JsonNode tree = json.readTree(file.toFile());
      return tree.isEmpty() ? null : tree;
    } catch (JsonProcessingException e) {
      return null;
    }
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
