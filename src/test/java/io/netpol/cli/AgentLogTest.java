package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.route.settings.Setting;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilder;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.builder.impl.BuiltConfiguration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the agent says of its work: one line for each apply, and nothing where nothing happens. */
@Tag("agent")
class AgentLogTest {

  @TempDir private Path folder;

  @Test
  void everyApplyIsOneLineThatSaysWhatAndWhy() throws Exception {
    try (AgentLog log = AgentLog.capture();
        TestAgent agent = new TestAgent(folder, new FakeTools(folder).settings())) {
      agent.pod("web", "10.0.0.1");
      agent.policy("for-web", "web", "");
      agent.set(Setting.FAMILIES, "ipv4").start();
      TestAgent.eventually("the first apply", () -> log.applies() == 1);
      assertThat(log.lines()).as("of the first list").noneMatch(l -> l.contains("for-web is "));
      int first = log.lines().size();

      agent
          .api()
          .client()
          .pods()
          .inNamespace("shop")
          .withName("web")
          .edit(
              pod -> {
                pod.getStatus().setMessage("nobody's business");
                return pod;
              });
      agent.pod("not-isolated", "10.0.0.2");
      agent.policy("also-web", "web", "");
      TestAgent.eventually("the second apply", () -> log.applies() == 2);

      assertThat(log.lines().subList(first, log.lines().size()))
          .hasSize(2)
          .anyMatch(line -> line.equals("policy shop/also-web is ingress, selective"))
          .anyMatch(
              line ->
                  line.matches(
                      "applied in \\d+ ms: 1 pod \\(shop/web\\), iptables \\d+ lines; because of .*"
                          + "NetworkPolicy shop/also-web.*"));
      assertThat(log.lines()).noneMatch(line -> line.contains("-A NWPLCY-") || line.contains("\n"));
    }
  }

  @Test
  void roundInWhichAPodIsRefusedIsOneWarning() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (AgentLog log = AgentLog.capture();
        TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.pod("web", "10.0.0.1");
      agent.policy("for-web", "web", "");
      agent.pod("bad", "10.0.0.2");
      agent.policy("for-bad", "bad", "");
      tools.poison("shop/for-bad ingress 1");
      agent.set(Setting.FAMILIES, "ipv4").start();
      TestAgent.eventually("three rounds", () -> log.warnings().size() >= 3);

      assertThat(log.warnings())
          .allMatch(
              line ->
                  line.matches(
                      "dead letter pod_shop_bad_IPV4-\\w+: shop/bad could not be applied, nothing"
                          + " passes: .*iptables-restore.*; line \\d+ is: .*"
                          + "; of policy shop/for-bad; \\d+ failed attempts so far, next attempt"
                          + " within 300 ms"));
      // Four attempts of the batch and one of its half, then four for each later round.
      assertThat(log.warnings().get(0)).contains(" 5 failed attempts so far");
      assertThat(log.warnings().get(1)).contains(" 9 failed attempts so far");
    }
  }

  @Test
  void tryThatFailsBeforeTheBatchGoesInIsOneWarning() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (AgentLog log = AgentLog.capture();
        TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.pod("web", "10.0.0.1");
      agent.policy("for-web", "web", "");
      tools.poison("shop/for-web ingress 1");
      agent.set(Setting.FAMILIES, "ipv4").set(Setting.RETRY_DELAY, "2000").start();
      TestAgent.eventually(
          "the first try", () -> agent.metric("netpol_tool_failures_total{tool=\"iptables\"}") > 0);
      tools.poison("");
      TestAgent.eventually("it is in", () -> log.applies() > 0);
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .matches("applied after \\d failed attempts?; before that: .*; of policy shop/for-web");
    }
  }

  @Test
  void logIsJsonWhereAskedFor() throws Exception {
    ConfigurationBuilder<BuiltConfiguration> builder =
        ConfigurationBuilderFactory.newConfigurationBuilder();
    builder.add(
        builder
            .newAppender("console", "Console")
            .addAttribute("target", "SYSTEM_ERR")
            .add(builder.newLayout("PatternLayout").addAttribute("pattern", "%m%n")));
    builder.add(builder.newRootLogger(Level.INFO).add(builder.newAppenderRef("console")));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    PrintStream err = System.err;
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    try (LoggerContext context = new LoggerContext("json")) {
      context.start(builder.build(false));
      JsonLog.use(context);
      context.getLogger("io.netpol.example").info("two\nlines");
      context.getLogger("io.netpol.example").debug("not this");
    } finally {
      System.setErr(err);
    }
    String[] lines = written.toString(StandardCharsets.UTF_8).split("\n");
    assertThat(lines).hasSize(1);
    JsonNode line = new ObjectMapper().readTree(lines[0]);
    assertThat(line.path("message").asText()).isEqualTo("two\nlines");
    assertThat(line.path("log.level").asText()).isEqualTo("INFO");
    assertThat(line.path("log.logger").asText()).isEqualTo("io.netpol.example");
    assertThat(line.path("@timestamp").asText()).isNotEmpty();
  }
}
