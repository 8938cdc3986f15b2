package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.settings.Setting;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.spi.RouteController;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A route between the sources and the kernel is stopped, so that nobody consumes what others send
 * it: readiness is down until what they failed for has reached the kernel after all.
 */
@Tag("agent")
class FailingRouteTest {

  /** How long {@code direct:} waits for a consumer; 30 s where nobody says otherwise. */
  private static final String DIRECT_TIMEOUT = "camel.component.direct.timeout";

  @TempDir private Path folder;

  private TestAgent agent(FakeTools tools, String file, String from) throws Exception {
    Path routes = Files.createDirectory(folder.resolve("routes"));
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("routes"), "*.camel.yaml")) {
      for (Path each : all) {
        Files.copy(each, routes.resolve(each.getFileName()));
      }
    }
    String text = Files.readString(routes.resolve(file));
    assertThat(text).containsOnlyOnce(from);
    Files.writeString(routes.resolve(file), text.replace(from, "uri: direct:gate"));
    Files.writeString(
        routes.resolve("gate.camel.yaml"),
        """
        - route:
            id: gate
            from:
              id: gate-in
              uri: direct:gate
              steps:
                - to:
                    id: gate-out
                    %s
        """
            .formatted(from));
    return new TestAgent(folder, tools.settings())
        .set(Setting.ROUTES, routes.toString())
        .ofRoute(DIRECT_TIMEOUT, "200");
  }

  private static RouteController gate(TestAgent agent) {
    return agent.agent().context().getRouteController();
  }

  private static boolean says(TestAgent agent, String text) throws Exception {
    return agent.health("ready").body().contains(text);
  }

  @Test
  void eventThatARouteFailsForTurnsReadinessDownUntilItIsTaken() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = agent(tools, "policy.camel.yaml", "uri: direct:event")) {
      agent.start();
      eventually("ready", agent::isReady);
      gate(agent).stopRoute("gate");
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      eventually("down", () -> says(agent, "the route has failed for NetworkPolicy: shop"));
      assertThat(says(agent, "for-web (ADDED: DirectConsumerNotAvailableException: ")).isTrue();
      assertThat(agent.isReady()).isFalse();
      assertThat(agent.metric("netpol_event_failures_total{kind=\"NetworkPolicy\"}"))
          .isGreaterThanOrEqualTo(1);
      assertThat(agent.metric("netpol_events_failing{kind=\"Pod\"}")).isZero();
      assertThat(tools.delivered()).doesNotContain("shop/for-web");

      gate(agent).startRoute("gate");
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
      eventually("ready", agent::isReady);
      assertThat(agent.metric("netpol_events_failing{kind=\"NetworkPolicy\"}")).isZero();
      assertThat(agent.metric("netpol_events_pending{kind=\"NetworkPolicy\"}")).isZero();
    }
  }

  @Test
  void workThatARouteFailsForBehindTheAggregateIsNotLost() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = agent(tools, "pipeline.camel.yaml", "uri: direct:apply")) {
      agent.set(Setting.RESYNC_INTERVAL, "3600000");
      agent.start();
      eventually("ready", agent::isReady);
      gate(agent).stopRoute("gate");
      agent.pod("web", "10.0.0.2");
      agent.policy("for-web", "web", "");
      eventually("failed", () -> agent.metric("netpol_apply_total{result=\"failed\"}") >= 1);
      assertThat(agent.isReady()).isFalse();

      gate(agent).startRoute("gate");
      eventually("is heard", () -> agent.metric("netpol_policies{scope=\"cluster\"}") == 1);
      agent.pod("other", "10.0.0.3");
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
      eventually("ready", agent::isReady);
    }
  }
}
