package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.observe.RoutesHealth;
import io.netpol.route.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent whose routes are not all there is never ready, and does not start. */
@Tag("agent")
class RoutesHealthTest {

  @TempDir private Path folder;
  private Path routes;
  private TestAgent agent;

  @BeforeEach
  void copyRoutes() throws IOException {
    routes = Files.createDirectory(folder.resolve("routes"));
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      for (Path file : files.toList()) {
        Files.copy(file, routes.resolve(file.getFileName()));
      }
    }
    agent = new TestAgent(folder, new FakeTools(folder).settings());
    agent.set(Setting.ROUTES, routes.toString());
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void stoppedRouteIsNamedByReadiness() throws Exception {
    agent.start();
    TestAgent.eventually("ready", agent::isReady);
    agent.agent().context().getRouteController().stopRoute("resync");
    assertThat(agent.isReady()).isFalse();
    assertThat(agent.health("ready").body()).contains("resync is stopped");
    agent.agent().context().getRouteController().startRoute("resync");
    assertThat(agent.isReady()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"resync", "deliver", "nodes", "dead-letter"})
  void missingRouteIsAnErrorAtStartThatNamesIt(String id) throws Exception {
    for (Path file : files()) {
      edit(file.getFileName().toString(), "    id: " + id + "\n", "    id: other\n");
    }
    assertThatThrownBy(() -> agent.start())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("routes are missing")
        .hasMessageEndingWith(": " + id);
  }

  @Test
  void goodEditRunsAndBrokenOnesKeepTheRoutesAndTurnReadinessDown() throws Exception {
    agent.set(Setting.ROUTES_RELOAD, "on").start();
    TestAgent.eventually("ready", agent::isReady);
    List<String> ids = ids();

    edit("pipeline.camel.yaml", "Many events for one pod", "Several events for one pod");
    TestAgent.eventually(
        "the edit runs",
        () -> {
          Route pending = agent.agent().context().getRoute("pending"); // gone while it is replaced
          return pending != null && pending.getDescription().startsWith("Several");
        });
    // What is pending still comes to the kernel through the new route.
    agent.pod("web", "10.0.0.1");
    agent.policy("for-web", "web", "");
    FakeTools tools = new FakeTools(folder);
    TestAgent.eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
    assertThat(agent.isReady()).isTrue();

    // A route that is not essential may go.
    String resync = Files.readString(routes.resolve("resync.camel.yaml"));
    edit("resync.camel.yaml", resync.substring(resync.indexOf("- route:\n    id: check\n")), "");
    TestAgent.eventually("it is gone", () -> agent.agent().context().getRoute("check") == null);
    TestAgent.eventually("ready without it", agent::isReady);
    Files.writeString(routes.resolve("resync.camel.yaml"), resync);
    TestAgent.eventually("it is back", () -> agent.agent().context().getRoute("check") != null);
    TestAgent.eventually("ready with it", agent::isReady);

    refused("resync.camel.yaml", "- route:\n", "- rouet:\n", "rouet");
    refused("resync.camel.yaml", "uri: timer:resync", "uri: tmier:resync", "tmier");
    refused("resync.camel.yaml", "    id: resync\n", "    id: other\n", "resync is missing");
    refused("sources.camel.yaml", "NetworkPolicies of all", "Policies of all", "restart");
    assertThat(ids()).isEqualTo(ids);
  }

  @Test
  void editsAreLeftAloneUnlessAskedFor() throws Exception {
    agent.start();
    assertThat(agent.agent().context().hasService(io.netpol.observe.RoutesReload.class)).isNull();
    assertThat(RoutesHealth.missing(agent.agent().context())).isEmpty();
  }

  private void refused(String file, String old, String now, String why) throws Exception {
    String good = Files.readString(routes.resolve(file));
    edit(file, old, now);
    TestAgent.eventually(
        "not ready: " + why,
        () -> {
          String body = agent.health("ready").body();
          return body.contains("refused-edit:" + file) && body.contains(why);
        });
    assertThat(agent.isReady()).isFalse();
    assertThat(agent.agent().context().getRoutes())
        .allMatch(
            route ->
                agent
                    .agent()
                    .context()
                    .getRouteController()
                    .getRouteStatus(route.getRouteId())
                    .isStarted());
    Files.writeString(routes.resolve(file), good);
    TestAgent.eventually("ready again", agent::isReady);
  }

  private List<String> ids() {
    return agent.agent().context().getRoutes().stream().map(Route::getRouteId).sorted().toList();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(routes)) {
      return files.toList();
    }
  }

  private void edit(String file, String old, String now) throws IOException {
    Path path = routes.resolve(file);
    Path next = Files.writeString(folder.resolve("next"), Files.readString(path).replace(old, now));
    Files.move(next, path, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
