package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.netpol.dataplane.render.Names;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.builder.RouteBuilder;
import org.apache.logging.log4j.Level;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a running agent tells Prometheus is what the page, the dashboard and the alerts say. */
@Tag("agent")
class MetricsTest {

  private static final Path PAGE = Path.of("docs/metrics.md");
  private static final String START = "<!-- metrics -->\n";
  private static final String END = "<!-- /metrics -->";
  private static final Pattern NAME = Pattern.compile("netpol_[a-z_]+");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

  private static final String WEB = Names.podChain(Direction.INGRESS, new ObjectKey("shop", "web"));

  /** Prints counters where it is asked for them, and else that there is nothing. */
  private static final String COUNTING =
      """
      #!/bin/sh
      echo '*filter'
      [ "$1" = -c ] || { echo COMMIT; exit 0; }
      echo '[7:420] -A %s -m comment --comment "shop/web ingress denied: shop/for-web" -j DROP'
      echo COMMIT
      """;

  @TempDir private Path folder;

  @Test
  void namesTypesAndHelpAreThoseOfThePage() throws Exception {
    FakeTools tools = new FakeTools(folder);
    TestAgent.script(folder.resolve("iptables-save"), COUNTING.formatted(WEB));
    try (TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.pod("web", "10.0.0.1");
      agent.pod("api", "10.0.0.2");
      agent.policy("for-web", "web", "from: [{podSelector: {}}],");
      agent.set(Setting.COUNTERS, "on").set(Setting.COUNTERS_INTERVAL, "100");
      agent.set(Setting.FAMILIES, "ipv4").start();
      TestAgent.eventually("a good apply", () -> value(agent, GOOD) >= 1);

      assertThat(value(agent, "netpol_policies{scope=\"cluster\"}")).isEqualTo(1);
      assertThat(value(agent, "netpol_policies{scope=\"node\"}")).isEqualTo(1);
      assertThat(value(agent, "netpol_pods{scope=\"node\"}")).isEqualTo(2);
      assertThat(value(agent, "netpol_pods_isolated{direction=\"ingress\"}")).isEqualTo(1);
      assertThat(value(agent, "netpol_pods_isolated{direction=\"egress\"}")).isZero();
      assertThat(value(agent, "netpol_sets{family=\"ipv4\"}")).isEqualTo(1);
      assertThat(value(agent, "netpol_set_members{family=\"ipv4\"}")).isEqualTo(2);
      assertThat(value(agent, "netpol_event_to_kernel_seconds_count")).isPositive();
      assertThat(value(agent, "netpol_written_lines_total{tool=\"iptables\"}")).isPositive();
      assertThat(value(agent, "netpol_apply_seconds_count{stage=\"chains\",tool=\"iptables\"}"))
          .isPositive();
      assertThat(value(agent, "netpol_last_good_apply_timestamp_seconds")).isGreaterThan(1e9);

      TestAgent.eventually(
          "counters",
          () ->
              scrape(agent)
                  .contains(
                      "netpol_packets_total{direction=\"ingress\",namespace=\"shop\",pod=\"web\","
                          + "policy=\"shop/for-web\",verdict=\"denied\"} 7"));

      double good = value(agent, GOOD);
      double events = value(agent, "netpol_event_to_kernel_seconds_count");
      agent.policy("also-web", "web", "");
      TestAgent.eventually("one apply more", () -> value(agent, GOOD) > good);
      assertThat(value(agent, "netpol_event_to_kernel_seconds_count")).isGreaterThan(events);

      String scraped = scrape(agent);
      String page = Files.readString(PAGE);
      int from = page.indexOf(START) + START.length();
      Golden.check(
          PAGE, page.substring(0, from) + table(scraped) + page.substring(page.indexOf(END)));
    }
  }

  @Test
  void routesThatAreAddedLaterAreCountedAndNothingIsRegisteredTwice() throws Exception {
    try (AgentLog micrometer = AgentLog.capture("io.micrometer.core.instrument", Level.DEBUG);
        TestAgent agent = new TestAgent(folder, new FakeTools(folder).settings())) {
      agent.set(Setting.FAMILIES, "ipv4").start();
      RouteBuilder.addRoutes(
          agent.agent().context(),
          routes -> routes.from("direct:late").routeId("late").to("log:late"));

      assertThat(scrape(agent))
          .contains("netpol_route_exchanges_total{route=\"late\"} ")
          .contains("netpol_route_started{route=\"late\"} 1.0");
      agent.agent().context().getRouteController().stopRoute("late");
      assertThat(scrape(agent)).contains("netpol_route_started{route=\"late\"} 0.0");
      assertThat(micrometer.lines()).noneMatch(line -> line.contains("been already registered"));
    }
  }

  @Test
  void formerNamesAreExportedBesideThePresentOnes() throws Exception {
    try (TestAgent agent = new TestAgent(folder, new FakeTools(folder).settings())) {
      agent.set(Setting.FAMILIES, "ipv4").start();
      String page = Files.readString(PAGE);
      Map<String, String> former =
          Map.of(
              "netpol_cut_connections_total", "netpol_terminated_connections_total",
              "netpol_cut_failures_total", "netpol_connection_termination_failures_total",
              "netpol_left_connections_total", "netpol_stale_connections_deleted_total",
              "netpol_view_age_seconds", "netpol_cache_staleness_seconds");
      String scraped = scrape(agent);
      former.forEach(
          (old, present) -> {
            assertThat(scraped).contains("# TYPE " + old + " ", "# TYPE " + present + " ");
            assertThat(page).containsPattern(Pattern.quote(old) + ".*: use " + present + ";");
          });
    }
  }

  private static final String GOOD = "netpol_apply_total{result=\"good\"}";

  @Test
  void dashboardAndAlertsUseMetricsThatThereAre() throws IOException {
    String page = Files.readString(PAGE);
    List<String> expressions = new ArrayList<>();
    new ObjectMapper()
        .readTree(Path.of("deploy/grafana/camel-netpol.json").toFile())
        .findValuesAsText("expr", expressions);
    assertThat(expressions).hasSizeGreaterThan(10);
    JsonNode rules =
        new YAMLMapper().readTree(Path.of("deploy/prometheus/camel-netpol.rules.yaml").toFile());
    for (JsonNode rule : rules.at("/groups/0/rules")) {
      assertThat(rule.path("alert").asText()).startsWith("Netpol");
      assertThat(rule.path("for").asText()).matches("\\d+m");
      assertThat(rule.at("/labels/severity").asText()).isIn("warning", "critical");
      assertThat(rule.at("/annotations/summary").asText()).isNotBlank();
      assertThat(rule.at("/annotations/description").asText()).isNotBlank();
      expressions.add(rule.path("expr").asText());
    }
    for (String expression : expressions) {
      assertThat(expression.chars().filter(c -> c == '(').count())
          .as(expression)
          .isEqualTo(expression.chars().filter(c -> c == ')').count());
      Matcher name = NAME.matcher(expression);
      assertThat(name.find()).as(expression).isTrue();
      do {
        String metric = name.group().replaceFirst("_(bucket|sum|count)$", "");
        assertThat(page).as(expression).contains("`" + metric + "`");
      } while (name.find());
    }
  }

  private static String scrape(TestAgent agent) throws Exception {
    return agent.get("/observe/metrics").body();
  }

  /** The value of a sample; NaN where there is none. */
  private static double value(TestAgent agent, String sample) throws Exception {
    return scrape(agent)
        .lines()
        .filter(line -> line.startsWith(sample + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(sample.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  private static String table(String scraped) {
    Map<String, String> help = new TreeMap<>();
    Map<String, String> types = new TreeMap<>();
    Map<String, TreeSet<String>> labels = new TreeMap<>();
    for (String line : scraped.split("\n")) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# HELP netpol_")) {
        help.put(words[2], words[3]);
      } else if (line.startsWith("# TYPE netpol_")) {
        types.put(words[2], words[3]);
      } else if (line.startsWith("netpol_") && line.contains("{")) {
        Matcher label = LABEL.matcher(line);
        String name = line.substring(0, line.indexOf('{')).replaceFirst("_(bucket|sum|count)$", "");
        while (label.find()) {
          if (!label.group(1).equals("le")) {
            labels.computeIfAbsent(name, n -> new TreeSet<>()).add("`" + label.group(1) + "`");
          }
        }
      }
    }
    assertThat(help.keySet()).isEqualTo(types.keySet());
    StringBuilder table =
        new StringBuilder("| metric | type | labels | help |\n| --- | --- | --- | --- |\n");
    types.forEach(
        (name, type) ->
            table.append(
                "| `%s` | %s | %s | %s |\n"
                    .formatted(
                        name,
                        type,
                        String.join(", ", labels.getOrDefault(name, new TreeSet<>())),
                        help.get(name))));
    return table.toString();
  }
}
