package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.Setting;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A route that an operator has edited sends to an endpoint that nobody consumes from: readiness is
 * down until what it failed for has reached the kernel after all.
 */
@Tag("agent")
class FailingRouteTest {

  /** How long {@code direct:} waits for a consumer; 30 s where nobody says otherwise. */
  private static final String DIRECT_TIMEOUT = "camel.component.direct.timeout";

  @TempDir private Path folder;

  private TestAgent agent(FakeTools tools, String file, String from, String to) throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("routes"), "*.camel.yaml")) {
      for (Path each : all) {
        Files.copy(each, routes.resolve(each.getFileName()));
      }
    }
    String text = Files.readString(routes.resolve(file));
    assertThat(text).containsOnlyOnce(from);
    Files.writeString(routes.resolve(file), text.replace(from, to));
    return new TestAgent(folder, tools.settings())
        .set(Setting.ROUTES, routes.toString())
        .ofRoute(DIRECT_TIMEOUT, "200");
  }

  /** Makes the endpoint that the edit names lead where it led before. */
  private static void mend(TestAgent agent, String from, String to) throws Exception {
    RouteBuilder.addRoutes(
        agent.agent().context(), routes -> routes.from(from).routeId("mended").to(to));
  }

  private static boolean says(TestAgent agent, String text) throws Exception {
    return agent.health("ready").body().contains(text);
  }

  @Test
  void eventThatARouteFailsForTurnsReadinessDownUntilItIsTaken() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent =
        agent(tools, "policy.camel.yaml", "uri: direct:event", "uri: direct:nobody")) {
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      agent.start();
      eventually("down", () -> says(agent, "the route has failed for NetworkPolicy: shop"));
      assertThat(says(agent, "for-web (ADDED: DirectConsumerNotAvailableException: ")).isTrue();
      assertThat(agent.isReady()).isFalse();
      assertThat(agent.metric("netpol_event_failures_total{kind=\"NetworkPolicy\"}"))
          .isGreaterThanOrEqualTo(1);
      assertThat(agent.metric("netpol_events_failing{kind=\"Pod\"}")).isZero();
      assertThat(tools.delivered()).doesNotContain("shop/for-web");

      mend(agent, "direct:nobody", "direct:event");
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
      eventually("ready", agent::isReady);
      assertThat(agent.metric("netpol_events_failing{kind=\"NetworkPolicy\"}")).isZero();
      assertThat(agent.metric("netpol_events_pending{kind=\"NetworkPolicy\"}")).isZero();
    }
  }

  @Test
  void workThatARouteFailsForBehindTheAggregateIsNotLost() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent =
        agent(tools, "pipeline.camel.yaml", "uri: direct:apply", "uri: direct:nobody")) {
      agent.set(Setting.RESYNC_INTERVAL, "3600000");
      agent.start();
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      eventually("failed", () -> agent.metric("netpol_apply_total{result=\"failed\"}") >= 1);
      assertThat(agent.isReady()).isFalse();

      mend(agent, "direct:nobody", "direct:apply");
      eventually("is heard", () -> agent.metric("netpol_policies{scope=\"cluster\"}") == 1);
      agent.pod("other", "10.0.0.3");
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
      eventually("ready", agent::isReady);
    }
  }
}
