package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Golden;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page on Camel's tools says is tried with the agent as it is. */
@Tag("agent")
class InspectPageTest {

  static final Path PAGE = Path.of("docs/inspect.md");

  private static final Pattern COMMAND =
      Pattern.compile("(?m)^curl -s '127\\.0\\.0\\.1:9876([^']*)'$");
  private static final Pattern HASH = Pattern.compile("\\w@[0-9a-f]{5,8}\\b");
  private static final String HOUR = "3600000";

  /** What is shown of the trace of one policy. */
  private static final Set<String> SHOWN =
      Set.of("pipeline/to-pending", "batch/batch-started", "apply/try", "attempt/deliver-one");

  private final ObjectMapper json = new ObjectMapper();
  @TempDir private Path folder;
  private FakeTools tools;
  private TestAgent agent;

  @BeforeEach
  void prepare() throws Exception {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings()).set(Setting.FAMILIES, "ipv4");
    agent.set(Setting.CHECK_DELAY, HOUR).set(Setting.RESYNC_INTERVAL, HOUR);
    agent.pod("web", "10.0.0.1");
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void everyCommandIsAnswered() throws Exception {
    start("jolokia", "trace");
    Matcher command = COMMAND.matcher(Files.readString(PAGE));
    List<String> answers = new ArrayList<>();
    while (command.find()) {
      JsonNode answer = json.readTree(agent.get(command.group(1)).body());
      assertThat(answer.path("status").asInt())
          .as("%s: %s", command.group(1), answer)
          .isEqualTo(200);
      answers.add(answer.path("value").toString());
    }
    assertThat(answers).hasSizeGreaterThan(6);
    assertThat(answers.get(0)).contains("id: network-policies", "id: deliver-payload");
  }

  @Test
  void jolokiaOnlyReads() throws Exception {
    start("jolokia", "trace");
    for (String forbidden :
        List.of(
            "exec/org.apache.camel:context=camel-netpol,type=context,name=%22camel-netpol%22/stop()",
            "exec/org.apache.camel:context=camel-netpol,type=context,name=%22camel-netpol%22"
                + "/sendStringBody(java.lang.String,java.lang.String)/direct:exec/x",
            "exec/org.apache.camel:context=camel-netpol,type=routes,name=%22pods%22/stop()",
            "exec/org.apache.camel:context=camel-netpol,type=services,name=DeadLetterMBean/drop(java.lang.String)/x",
            "exec/java.lang:type=Memory/gc()",
            "write/org.apache.camel:context=camel-netpol,type=context,name=%22camel-netpol%22/Tracing/true")) {
      JsonNode answer = json.readTree(agent.get("/observe/jolokia/" + forbidden).body());
      assertThat(answer.path("status").asInt()).as("%s: %s", forbidden, answer).isEqualTo(403);
    }
  }

  @Test
  void figuresOfTheAggregatorsAreTrue() throws Exception {
    start("jolokia");
    JsonNode before = figures("aggregate");
    JsonNode beforeBatch = figures("aggregate-batch");
    agent.policy("for-web", "web", "");
    TestAgent.eventually("delivered", () -> tools.delivered().contains("for-web"));
    JsonNode after = figures("aggregate");
    JsonNode afterBatch = figures("aggregate-batch");
    assertThat(after.path("TotalIn").asInt()).isEqualTo(before.path("TotalIn").asInt() + 1);
    assertThat(after.path("CompletedByInterval").asInt())
        .isEqualTo(before.path("CompletedByInterval").asInt() + 1);
    assertThat(afterBatch.path("TotalCompleted").asInt())
        .isEqualTo(beforeBatch.path("TotalCompleted").asInt() + 1);
    Matcher row =
        Pattern.compile("(?m)^\\| ((?:`[A-Z]\\w+`(?:, )?)+) \\|").matcher(Files.readString(PAGE));
    List<String> named = new ArrayList<>();
    while (row.find()) {
      named.addAll(List.of(row.group(1).replace("`", "").split(", ")));
    }
    assertThat(named).hasSizeGreaterThan(7).allMatch(after::has);
  }

  private JsonNode figures(String aggregator) throws Exception {
    String path =
        "/observe/jolokia/read/org.apache.camel:context=camel-netpol,type=processors,name=%22"
            + aggregator
            + "%22";
    assertThat(Files.readString(PAGE)).contains(path);
    return json.readTree(agent.get(path).body()).path("value");
  }

  @Test
  void traceReadsAsText() throws Exception {
    start("jolokia", "trace");
    String tracer = "org.apache.camel:context=camel-netpol,type=tracer,name=BacklogTracer/";
    agent.get("/observe/jolokia/write/" + tracer + "Enabled/true");
    agent.policy("for-web", "web", "from: [{podSelector: {matchLabels: {app: api}}}],");
    List<JsonNode> traces = new ArrayList<>();
    TestAgent.eventually(
        "the last step",
        () -> {
          String dump =
              agent.get("/observe/jolokia/exec/" + tracer + "dumpAllTracedMessagesAsJSon()").body();
          json.readTree(json.readTree(dump).path("value").asText())
              .path("traces")
              .forEach(traces::add);
          return traces.stream().anyMatch(trace -> step(trace).equals("attempt/applied"));
        });
    Set<String> rows = new LinkedHashSet<>();
    for (JsonNode trace : traces) {
      JsonNode body = trace.path("message").path("body");
      String text = body.path("value").asText();
      if (!body.path("type").asText().startsWith("io.fabric8")) {
        assertThat(text).as(step(trace)).doesNotContainPattern(HASH);
      }
      for (JsonNode variable : trace.path("message").path("exchangeVariables")) {
        assertThat(variable.path("value").asText()).as(step(trace)).doesNotContainPattern(HASH);
      }
      if (SHOWN.contains(step(trace)) && !trace.path("first").asBoolean()) {
        rows.add("| `%s` | %s |\n".formatted(step(trace), text.replace("\\/", "/")));
      }
    }
    assertThat(rows).hasSizeGreaterThanOrEqualTo(SHOWN.size());
    String table = "<!-- bodies -->\n\n| step | body |\n| --- | --- |\n" + String.join("", rows);
    Golden.check(
        PAGE,
        Files.readString(PAGE)
            .replaceFirst(
                "(?s)<!-- bodies -->.*<!-- /bodies -->",
                Matcher.quoteReplacement(table + "\n<!-- /bodies -->")));
  }

  private static String step(JsonNode trace) {
    return trace.path("routeId").asText() + "/" + trace.path("nodeId").asText();
  }

  @Test
  void oneSettingAddsTheMetersOfCamel() throws Exception {
    start("meters");
    agent.policy("for-web", "web", "");
    TestAgent.eventually("delivered", () -> tools.delivered().contains("for-web"));
    TestAgent.eventually(
        "meters",
        () ->
            agent
                    .get("/observe/metrics")
                    .body()
                    .lines()
                    .anyMatch(l -> l.matches("camel_route_policy_seconds_count\\{.*\"deliver\".*"))
                && agent
                    .get("/observe/metrics")
                    .body()
                    .contains("camel_exchange_event_notifier_seconds"));
  }

  @Test
  void withoutItThereAreNone() throws Exception {
    agent.start();
    TestAgent.eventually("ready", agent::isReady);
    assertThat(agent.get("/observe/metrics").body())
        .contains("netpol_route_exchanges_total")
        .doesNotContain("camel_route_policy_seconds", "camel_exchange_event_notifier_seconds");
  }

  @Test
  void jarsAreOfTheVersionsThatAreTested() throws Exception {
    String own = Files.readString(Path.of("pom.xml"));
    for (String each : List.of("jolokia", "opentelemetry", "cli-connector")) {
      assertThat(Files.readString(PAGE)).contains(each);
      Matcher version =
          Pattern.compile("<(\\w+\\.version)>[^<]+</")
              .matcher(Files.readString(Path.of("examples/inspect", each + ".xml")));
      int found = 0;
      while (version.find()) {
        assertThat(own).contains(version.group());
        found++;
      }
      assertThat(found).isPositive();
    }
  }

  /** Starts it with the settings that the page has under these names. */
  private void start(String... names) throws Exception {
    for (String name : names) {
      Properties settings = block("settings", name);
      for (String property : settings.stringPropertyNames()) {
        if (property.startsWith("camel.")) {
          agent.ofRoute(property, settings.getProperty(property));
        } else {
          agent.set(setting(property), settings.getProperty(property));
        }
      }
    }
    agent.start();
    TestAgent.eventually("ready", agent::isReady);
  }

  private static Setting setting(String property) {
    return List.of(Setting.values()).stream()
        .filter(each -> each.property().equals(property))
        .findAny()
        .orElseThrow();
  }

  /** A block of properties of the page. */
  static Properties block(String kind, String name) throws Exception {
    Matcher block =
        Pattern.compile(
                "<!-- " + kind + ": " + name + " -->\n\n```properties\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(block.find()).as(name).isTrue();
    Properties properties = new Properties();
    properties.load(new StringReader(block.group(1)));
    assertThat(properties).isNotEmpty();
    return properties;
  }
}
