package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.observe.health.RoutesHealth;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent whose routes are not all there is never ready, and does not start. */
@Tag("agent")
class RoutesHealthTest {

  private static final String OWN =
      """
      - route:
          id: own
          description: own
          from:
            id: own-timer
            uri: timer:own
            steps:
              - log:
                  id: own-log
                  loggingLevel: DEBUG
                  message: "something"
      """;

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
        .hasMessageContaining("cannot run:")
        .hasMessageEndingWith(
            "route " + id + ": no file has this route, and the agent can't do without it");
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

    refused(
        "resync.camel.yaml",
        "uri: timer:resync",
        "uri: tmier:resync",
        "resync.camel.yaml:7:12: route resync, step resync-timer: there is no component tmier");
    refused(
        "resync.camel.yaml",
        "    id: resync\n",
        "    id: other\n",
        "route resync: no file has this route");
    refused(
        "resync.camel.yaml",
        "      uri: timer:resync",
        "     uri: timer:resync",
        "this is not YAML");
    refused(
        "resync.camel.yaml",
        "uri: direct:batch",
        "uri: direct:none",
        "step resync-to-batch: no route consumes direct:none");
    refused(
        "resync.camel.yaml",
        "            id: is-all-listed",
        "            id: enrich",
        "the id enrich is taken, by pipeline.camel.yaml:");
    refused("sources.camel.yaml", "NetworkPolicies of all", "Policies of all", "restart");
    refused("errors.camel.yaml", "maximumRedeliveries: 3", "maximumRedeliveries: 4", "restart");
    // What only Camel knows.
    refused(
        "resync.camel.yaml",
        "        - setBody:\n            id: all",
        "        - setBdy:\n            id: all",
        "resync.camel.yaml:13:11: route resync, step all-that-is-known: there is no step \"setBdy\"; did you mean"
            + " setBody?");
    refused(
        "lint.camel.yaml",
        "            method: look",
        "            colour: look",
        "lint.camel.yaml:17:13: route lint, step look: \"colour\" is no setting here");
    refused(
        "lint.camel.yaml",
        "\"{{netpol.lint.interval}}\"\n        period",
        "soon\n        period",
        "lint.camel.yaml:10:16: route lint, step lint-timer: the option delay cannot be \"soon\"");
    assertThat(ids()).isEqualTo(ids);
  }

  @Test
  void editsOfSeveralFilesThatNeedEachOtherAreTakenTogether() throws Exception {
    agent.set(Setting.ROUTES_RELOAD, "on").start();
    TestAgent.eventually("ready", agent::isReady);
    Files.writeString(
        routes.resolve("own.camel.yaml"),
        OWN.replace("timer:own", "seda:own").replace("description: own", "description: taken"));
    edit(
        "policy.camel.yaml",
        "        - to:\n",
        "        - wireTap:\n            id: tap\n            uri: seda:own\n        - to:\n");
    TestAgent.eventually("it runs", () -> agent.agent().context().getRoute("own") != null);
    TestAgent.eventually("both run", () -> agent.agent().context().getProcessor("tap") != null);
    TestAgent.eventually("ready", agent::isReady);
  }

  @Test
  void refusedFileThatIsRemovedAgainIsForgotten() throws Exception {
    agent.set(Setting.ROUTES_RELOAD, "on").start();
    TestAgent.eventually("ready", agent::isReady);
    Path own =
        Files.writeString(routes.resolve("own.camel.yaml"), OWN.replace("timer:own", "tmier:own"));
    TestAgent.eventually(
        "refused", () -> agent.health("ready").body().contains("refused-edit:own.camel.yaml"));
    Files.delete(own);
    TestAgent.eventually("ready again", agent::isReady);
  }

  @Test
  void routesThatDoNotRunYetAreNotReportedAsStopped() throws Exception {
    try (DefaultCamelContext context = new DefaultCamelContext();
        AgentLog log = AgentLog.capture()) {
      context.disableJMX();
      PluginHelper.getRoutesLoader(context)
          .loadRoutes(ResourceHelper.fromString("own.camel.yaml", OWN));
      RoutesHealth health = new RoutesHealth();
      health.setCamelContext(context);
      health.expect(context);
      health.call();
      assertThat(log.lines()).noneMatch(line -> line.startsWith("routes of your own"));
      context.start();
      context.getRouteController().stopRoute("own");
      health.call();
      assertThat(log.lines()).contains("routes of your own: own is stopped");
    }
  }

  @Test
  void problemsAtStartAreToldAllOfThem() throws Exception {
    edit("lint.camel.yaml", "method: look", "method: lok");
    edit("resync.camel.yaml", "uri: direct:batch", "uri: direct:none");
    assertThatThrownBy(() -> agent.start())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(
            "\nlint.camel.yaml:17:21: route lint, step look: the bean lintLog has no method lok")
        .hasMessageContaining("\nresync.camel.yaml:")
        .hasMessageNotContaining("Exception");
  }

  static List<Arguments> whatOnlyCamelKnows() {
    return List.of(
        Arguments.of(
            "method: look",
            "method: look\n            colour: x",
            "lint.camel.yaml:18:13: route lint, step look: \"colour\" is no setting here"),
        Arguments.of(
            "period: \"{{netpol.lint.interval}}\"",
            "period: soon",
            "lint.camel.yaml:11:17: route lint, step lint-timer: the option period cannot be \"soon\""),
        Arguments.of(
            "- bean:",
            "- baen:",
            "lint.camel.yaml:14:11: route lint, step look: there is no step \"baen\"; did you mean bean?"));
  }

  @ParameterizedTest
  @MethodSource("whatOnlyCamelKnows")
  void whatCamelRefusesAtStartIsToldWithItsPlace(String old, String now, String problem)
      throws Exception {
    edit("lint.camel.yaml", old, now);
    assertThatThrownBy(() -> agent.start())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(problem)
        .hasMessageNotContaining("org.apache");
  }

  @Test
  void ownRouteThatStopsIsReportedAndTheNodeStaysReady() throws Exception {
    Files.writeString(routes.resolve("own.camel.yaml"), OWN);
    agent.start();
    TestAgent.eventually("ready", agent::isReady);
    agent.agent().context().getRouteController().stopRoute("own");
    assertThat(agent.health("ready").body()).contains("own is stopped");
    assertThat(agent.isReady()).isTrue();
    assertThat(agent.get("/netpol/console").body()).containsPattern("stopped +own");
  }

  @Test
  void ownRouteThatSaysThatItIsEssentialTurnsReadinessDown() throws Exception {
    Files.writeString(
        routes.resolve("own.camel.yaml"),
        OWN.replace("    description: own\n", "    description: own\n    group: essential\n"));
    agent.start();
    TestAgent.eventually("ready", agent::isReady);
    agent.agent().context().getRouteController().stopRoute("own");
    assertThat(agent.health("ready").body()).contains("routes do not run: own is stopped");
    assertThat(agent.isReady()).isFalse();
  }

  @Test
  void whatRunsAtTheStartRunsOnceHoweverOftenRoutesAreReloaded() throws Exception {
    agent.set(Setting.ROUTES_RELOAD, "on").start();
    TestAgent.eventually("ready", agent::isReady);
    CamelContext context = agent.agent().context();
    List<Object> services = List.copyOf(context.getCamelContextExtension().getServices());
    int paths = paths();
    for (int i = 1; i <= 3; i++) {
      String now = "Policies, " + i + " times";
      edit("lint.camel.yaml", "description: .*", "description: " + now);
      TestAgent.eventually(
          "it runs",
          () -> {
            Route lint = context.getRoute("lint");
            return lint != null && now.equals(lint.getDescription());
          });
    }
    assertThat(paths()).isEqualTo(paths);
    assertThat(context.getCamelContextExtension().getServices())
        .filteredOn(service -> service.getClass().getName().startsWith("io.netpol"))
        .hasSize(
            (int)
                services.stream()
                    .filter(service -> service.getClass().getName().startsWith("io.netpol"))
                    .count());
    assertThat(agent.get("/netpol/console").statusCode()).isEqualTo(200);
  }

  @Test
  void exchangesOfARouteThatIsAddedLaterAreCounted() throws Exception {
    agent.set(Setting.ROUTES_RELOAD, "on").start();
    TestAgent.eventually("ready", agent::isReady);
    Files.writeString(routes.resolve("own.camel.yaml"), OWN);
    TestAgent.eventually(
        "it is counted", () -> agent.metric("netpol_route_exchanges_total{route=\"own\"}") >= 1);
  }

  /** What the management server answers to. */
  private int paths() {
    return agent
        .agent()
        .context()
        .hasService(ManagementHttpServer.class)
        .getRouter()
        .getRoutes()
        .size();
  }

  @Test
  void editsAreLeftAloneUnlessAskedFor() throws Exception {
    agent.start();
    assertThat(agent.agent().context().hasService(io.netpol.observe.console.RoutesReload.class))
        .isNull();
  }

  private void refused(String file, String old, String now, String why) throws Exception {
    String good = Files.readString(routes.resolve(file));
    edit(file, old, now);
    TestAgent.eventually(
        "not ready: " + why,
        () -> {
          String body = agent.health("ready").body().replace("\\\"", "\"");
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
    Path next =
        Files.writeString(
            folder.resolve("next"),
            old.endsWith(".*")
                ? Files.readString(path).replaceFirst(old, now)
                : Files.readString(path).replace(old, now));
    Files.move(next, path, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }
}
