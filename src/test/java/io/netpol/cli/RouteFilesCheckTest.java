package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.route.RouteFilesTest;
import io.netpol.route.check.RouteFile;
import io.netpol.route.check.RouteFilesCheck;
import io.netpol.route.check.RoutesReport;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The check of the route files, over the agent's own files with edits, and with its beans. */
class RouteFilesCheckTest {

  /** What the examples ask for. */
  private static final Map<String, String> PROPERTIES =
      Map.of(
          "route.audit.brokers", "kafka:9092",
          "route.webhook.url", "https://chat.example.org/hook",
          "route.host.url", "http://gateway:8080",
          "route.kamelets.folder", "/var/lib/kamelets");

  @TempDir private static Path folder;
  private static ApiServer api;
  private static DefaultCamelContext context;

  private final Map<String, String> files = new TreeMap<>();

  @BeforeAll
  static void bindBeans() throws Exception {
    Map<Setting, String> given = new EnumMap<>(new FakeTools(folder).settings());
    given.put(Setting.NODE, "n1");
    given.put(Setting.DEAD_LETTERS, folder.resolve("letters").toString());
    Settings settings = Settings.of(given, PROPERTIES);
    api = ApiServer.watched(Kubeconfig.to("http://127.0.0.1:1"));
    context = new DefaultCamelContext();
    context.disableJMX();
    context.getPropertiesComponent().setInitialProperties(new CamelProperties(settings).all());
    AgentConfiguration.bind(settings, api, context);
  }

  @AfterAll
  static void close() {
    context.stop();
    api.close();
  }

  RouteFilesCheckTest() throws IOException {
    copy(Path.of("routes"));
  }

  private void copy(Path from) throws IOException {
    RouteFile.in(from).forEach(file -> files.put(file.name(), file.text()));
  }

  private RouteFilesCheckTest edit(String file, String old, String now) {
    assertThat(files.get(file + ".camel.yaml")).contains(old);
    files.computeIfPresent(file + ".camel.yaml", (name, text) -> text.replace(old, now));
    return this;
  }

  private RouteFilesCheckTest add(String file, String text) {
    files.put(file + ".camel.yaml", text);
    return this;
  }

  private RoutesReport report() {
    List<RouteFile> all = new ArrayList<>();
    files.forEach((name, text) -> all.add(new RouteFile(name, text)));
    return new RouteFilesCheck(context).check(all);
  }

  @Test
  void routesOfTheAgentAreWhole() {
    assertThat(report().lines()).isEmpty();
    assertThat(report().warnings()).isEmpty();
    assertThat(report().essential())
        .containsExactlyInAnyOrder(
            "network-policies",
            "pods",
            "namespaces",
            "nodes",
            "policy",
            "pipeline",
            "pending",
            "batch",
            "apply",
            "attempt",
            "learn-bridge-ports");
  }

  /** The examples that are for an agent: one runs routes alone, without one. */
  static List<Path> examples() throws IOException {
    return RouteFilesTest.examples().stream()
        .filter(example -> !example.endsWith("one-route"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void examplesPass(Path example) throws IOException {
    copy(example);
    assertThat(report().lines()).isEmpty();
    assertThat(report().warnings())
        .hasSize(example.endsWith("dry-run") ? 1 : 0)
        .allMatch(warning -> warning.startsWith("payloads go elsewhere than to this host's"));
  }

  @Test
  void routesBetweenTheSourcesAndTheKernelAreEssential() throws IOException {
    copy(Path.of("examples/approval"));
    copy(Path.of("examples/audit-file"));
    assertThat(report().essential())
        .contains("admission")
        .doesNotContain("approvals", "audit-file");
  }

  @Test
  void savingFromElsewhereThanDeliveringToIsWarnedOf() {
    edit("save", "uri: direct:exec", "uri: \"file:/tmp/saved\"");
    assertThat(report().lines()).isEmpty();
    assertThat(report().warnings())
        .singleElement()
        .asString()
        .startsWith("payloads go to this host's kernel, but another one is read");
  }

  /** A name, and what is edited. */
  static Stream<Arguments> goodEdits() throws IOException {
    return Stream.of(
        good("anAuditOfEvents")
            .add(
                "audit",
                """
                - route:
                    id: audit
                    from:
                      id: audit-in
                      uri: seda:audit
                      steps:
                        - log:
                            id: audit-log
                            message: "{{route.audit.brokers}} # of ${body}"
                """)
            .edit(
                "policy",
                "        - to:\n            id: policy-to",
                "        - wireTap:\n            id: tap\n            uri: seda:audit\n"
                    + "        - to:\n            id: policy-to")
            .arguments(),
        good("aQueueInBetween")
            .edit(
                "pipeline",
                "                  uri: direct:pending",
                "                  uri: seda:q")
            .add(
                "q",
                "- route:\n    id: q\n    from:\n      uri: seda\n      parameters:\n        name: q\n"
                    + "      steps:\n        - to: direct:pending\n")
            .arguments(),
        good("aThrottle")
            .edit(
                "policy",
                "        - to:\n            id: policy-to",
                "        - throttle:\n            id: slow\n            expression:\n              constant:"
                    + " \"10\"\n        - to:\n            id: policy-to")
            .arguments(),
        good("aFilterAround")
            .edit(
                "policy",
                "        - to:\n            id: policy-to-pipeline\n            uri: direct:event",
                "        - filter:\n            id: mine\n            simple: \"${header.NetpolNamespace} != 'x'\"\n"
                    + "            steps:\n              - to:\n                  id: policy-to-pipeline\n"
                    + "                  uri: direct:event")
            .arguments(),
        good("anotherAggregator")
            .edit(
                "pipeline",
                "completionInterval: \"{{netpol.batch.interval}}\"",
                "completionSize: 5\n                  completionTimeout: 300")
            .arguments(),
        good("policiesPastTheRoutePolicy")
            .edit("sources", "uri: direct:policy", "uri: direct:event")
            .arguments(),
        good("anotherTimer").edit("resync", "uri: timer:resync", "uri: timer:mine").arguments(),
        good("aNameThatOnlyTheMessageTells")
            .add(
                "dynamic",
                "- route:\n    id: dynamic\n    from:\n      uri: timer:d\n      steps:\n"
                    + "        - toD: \"direct:${header.where}\"\n"
                    + "        - recipientList:\n            simple: \"direct:${header.a},direct:b\"\n")
            .arguments(),
        good("aQueueThatMayHaveNoConsumer")
            .add(
                "drop",
                "- route:\n    id: drop\n    from:\n      uri: timer:d\n      steps:\n"
                    + "        - to: \"seda:nobody?discardIfNoConsumers=true\"\n")
            .arguments(),
        good("aSecondConfigurationForDeadLetters")
            .edit(
                "errors",
                "            - to:\n                id: retried-to-failed",
                "            - wireTap:\n                id: tell-failed\n                uri: seda:told\n"
                    + "            - to:\n                id: retried-to-failed")
            .add(
                "told",
                "- route:\n    id: told\n    from:\n      uri: seda:told\n      steps:\n        - stop: {}\n")
            .arguments(),
        good("onlyComments").add("nothing", "# later\n").arguments(),
        good("aBeanOfItsOwn")
            .add(
                "own",
                "- beans:\n    - name: mine\n      type: java.util.ArrayList\n"
                    + "- route:\n    id: own\n    from:\n      uri: timer:d\n      steps:\n"
                    + "        - bean:\n            ref: mine\n            method: \"add(${body})\"\n"
                    + "        - setBody:\n            constant: \"#hash\"\n")
            .arguments());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("goodEdits")
  void editPasses(String name, RouteFilesCheckTest edited) {
    assertThat(edited.report().lines()).isEmpty();
  }

  /** A name, what is edited, and the only problem. */
  static Stream<Arguments> badEdits() throws IOException {
    return Stream.of(
        good("wrongIndentation")
            .edit("policy", "            uri: direct:event", "             uri: direct:event")
            .refused("policy.camel.yaml:12:17: this is not YAML: "),
        good("aTab")
            .edit("policy", "            uri: direct:event", "\t    uri: direct:event")
            .refused("policy.camel.yaml:12:1: this is not YAML: "),
        good("notIndented")
            .edit("policy", "        - to:\n            id: ", "        - to:\n          id: ")
            .edit("policy", "            uri: direct:event", "          uri: direct:event")
            .refused(
                "policy.camel.yaml:11:15: route policy, step policy-event: a step has one name, and its settings"
                    + " stand below it, indented by four more than the dash; here are to, id, uri"),
        good("stepsBesideFrom")
            .add(
                "own",
                "- route:\n    id: own\n    from:\n      uri: timer:x\n    steps:\n      - stop: {}\n")
            .refused("own.camel.yaml:5:5: route own: \"steps\" stands below \"from\""),
        good("noId")
            .add(
                "own",
                "- route:\n    from:\n      uri: timer:x\n      steps:\n        - stop: {}\n")
            .refused("own.camel.yaml:1:3: a route has no id"),
        good("theSameRouteTwice")
            .add(
                "own",
                "- route:\n    id: lint\n    from:\n      uri: timer:x\n      steps:\n        - stop: {}\n")
            .refused(
                "own.camel.yaml:2:9: route lint: the id lint is taken, by lint.camel.yaml:3 in route lint;"),
        good("aRouteOfTheAgentTwice")
            .add(
                "own",
                "- route:\n    id: pending\n    from:\n      uri: direct:mine\n      steps:\n        - stop: {}\n")
            .refused(
                "pipeline.camel.yaml:35:9: route pending: the id pending is taken, by own.camel.yaml:2 in route pending;"),
        good("theSameStepTwice")
            .add(
                "own",
                "- route:\n    id: own\n    from:\n      uri: timer:x\n      steps:\n        - stop:\n            id: enrich\n")
            .refused(
                "pipeline.camel.yaml:12:17: route pipeline, step enrich: the id enrich is taken, by"
                    + " own.camel.yaml:7 in route own;"),
        good("nobodyConsumes")
            .edit(
                "terminate-connections",
                "        - filter:\n            id: is-another-look-pending",
                "        - to:\n            id: x\n"
                    + "            uri: direct:evnt\n        - filter:\n            id: is-another-look-pending")
            .refused(
                "terminate-connections.camel.yaml:122:18: route terminate-connections, step x: no route consumes direct:evnt; did you mean"
                    + " direct:event?"),
        good("nobodyConsumesInAHandler")
            .edit(
                "errors", "uri: direct:failed", "uri: direct:failed\n            - to: seda:nobody")
            .refused("errors.camel.yaml:32:19: step to: no route consumes seda:nobody"),
        good("nobodyConsumesWhatIsEnrichedWith")
            .add(
                "own",
                "- route:\n    id: own\n    from:\n      uri: timer:x\n      steps:\n        - enrich:\n"
                    + "            expression:\n              constant: direct:none\n")
            .refused("own.camel.yaml:8:25: route own, step enrich: no route consumes direct:none"),
        good("twoConsumers")
            .add(
                "own",
                "- route:\n    id: own\n    from:\n      uri: direct:save\n      steps:\n        - stop: {}\n")
            .refused(
                "save.camel.yaml:8:12: route save, step save-tool: direct:save has a consumer already, route own at"
                    + " own.camel.yaml:4"),
        good("noSuchBean")
            .edit("lint", "ref: lintLog", "ref: lintlogs")
            .refused(
                "lint.camel.yaml:16:18: route lint, step look: there is no bean lintlogs; did you mean lintLog?"),
        good("noSuchStrategy")
            .edit(
                "pipeline",
                "aggregationStrategy: \"#mergeRequests\"\n                  #",
                "aggregationStrategy: \"#merge\"\n                  #")
            .refused(
                "pipeline.camel.yaml:52:40: route pending, step aggregate: there is no bean merge"),
        good("noSuchMethod")
            .edit("lint", "method: look", "method: lok")
            .refused(
                "lint.camel.yaml:17:21: route lint, step look: the bean lintLog has no method lok; did you mean"
                    + " look? It has look"),
        good("noProcessor")
            .edit("pipeline", "ref: classify", "ref: lintLog")
            .refused(
                "pipeline.camel.yaml:21:24: route pipeline, step classify: the bean lintLog is no processor"),
        good("noSuchComponent")
            .edit("lint", "uri: timer:lint", "uri: tmier:lint")
            .refused(
                "lint.camel.yaml:8:12: route lint, step lint-timer: there is no component tmier in lib or lib/ext; did you mean timer?"),
        good("noSuchOption")
            .edit("lint", "        period:", "        perod:")
            .refused(
                "lint.camel.yaml:11:16: route lint, step lint-timer: timer has no option perod; did you mean period?"),
        good("noSuchProperty")
            .edit(
                "lint",
                "period: \"{{netpol.lint.interval}}\"",
                "period: \"{{netpol.lint.intervall}}\"")
            .refused(
                "lint.camel.yaml:11:17: route lint, step lint-timer: the property netpol.lint.intervall is not set"),
        good("noSuchConfiguration")
            .edit("lint", "routeConfigurationId: to-caller", "routeConfigurationId: to-calller")
            .refused(
                "lint.camel.yaml:5:27: route lint: there is no routeConfiguration to-calller; did you mean to-caller?"),
        good("noEndOfList")
            .edit(
                "sources",
                "        resourceName: \"{{netpol.node}}\"\n        endOfList: true",
                "        resourceName: \"{{netpol.node}}\"")
            .refused(
                "sources.camel.yaml:44:5: route nodes, step watch-nodes: \"endOfList: true\" is missing"),
        good("anEssentialRouteIsGone")
            .edit("resync", "    id: resync\n", "    id: other\n")
            .refused(
                "routes: route resync: no file has this route, and the agent can't do without it"),
        good("anEssentialRouteDoesNotStart")
            .edit("save", "    id: save\n", "    id: save\n    autoStartup: false\n")
            .refused(
                "save.camel.yaml:4:18: route save: the agent can't do without this route: it has to start"),
        good("noAggregateOfPods")
            .edit("pipeline", "uri: direct:pending\n\n", "uri: direct:batch\n\n")
            .refused("pipeline.camel.yaml:"),
        good("aDisabledStep")
            .edit(
                "apply",
                "            id: try\n",
                "            id: try\n            disabled: true\n")
            .refused(
                "apply.camel.yaml:10:11: route apply, step remember-work: no way leads from here to the step that calls the method render of the bean apply;"),
        good("aStopBefore")
            .edit("policy", "        - to:\n", "        - stop: {}\n        - to:\n")
            .refused(
                "sources.camel.yaml:5:5: route network-policies, step watch-network-policies: no way leads from here to the step that puts objects into the index"),
        good("nothingIsDelivered")
            .edit("attempt", "uri: direct:deliver", "uri: log:deliver")
            .refused("attempt.camel.yaml:"),
        good("nothingLeavesDeliver")
            .edit("deliver", "uri: direct:exec", "uri: log:exec")
            .refused(
                "deliver.camel.yaml:6:5: route deliver, step deliver-payload: no way leads from here to a step that sends to a command or to another host"),
        good("failuresOfAnApplyAreLost")
            .edit(
                "apply",
                "    routeConfigurationId: retried\n",
                "    routeConfigurationId: to-caller\n")
            .refused(
                "apply.camel.yaml:2:3: route apply: what fails in this route does not come to direct:failed"),
        good("nobodyEndsTheBatch")
            .edit(
                "pipeline",
                "        - bean:\n            id: batch-open\n            ref: batchWindow\n            method: arrived\n",
                "")
            .refused(
                "pipeline.camel.yaml:68:11: route batch, step aggregate-batch: the window ends this batch only where"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badEdits")
  void editIsRefusedWithItsPlace(String name, RouteFilesCheckTest edited, String problem) {
    List<String> lines = edited.report().lines();
    assertThat(lines).allMatch(line -> line.matches("\\S+yaml:\\d+:\\d+: .*|routes: .*"));
    assertThat(lines.stream().map(RouteFilesCheckTest::withoutLinesOfOurFiles))
        .singleElement()
        .asString()
        .startsWith(withoutLinesOfOurFiles(problem))
        .doesNotContain("org.apache", "@", "Exception");
  }

  /** Lines of the agent's own files move when these are edited; those of files in here don't. */
  private static String withoutLinesOfOurFiles(String problem) {
    return problem.replaceFirst("^(?!own\\.)(\\S+\\.camel\\.yaml):(\\d+:\\d+:)?", "$1:");
  }

  @Test
  void lineThatThePageShowsIsPrinted() throws IOException {
    edit("resync", "uri: direct:batch", "uri: direct:bacth");
    assertThat(report().lines().get(0)).isSubstringOf(Files.readString(Path.of("docs/routes.md")));
  }

  @Test
  void whatTwoFilesNeedOfEachOtherIsFoundInBoth() {
    edit("lint", "ref: lintLog", "ref: none").edit("save", "uri: direct:exec", "uri: direct:none");
    assertThat(report().problems())
        .extracting("file")
        .contains("lint.camel.yaml", "save.camel.yaml");
  }

  @Test
  void beanThatNoFileDeclaresAnyMoreIsMissing() {
    String route =
        "- route:\n    id: own\n    from:\n      uri: timer:x\n      steps:\n"
            + "        - bean:\n            ref: ofFile\n            method: size\n";
    String bean = "- beans:\n    - name: ofFile\n      type: java.util.ArrayList\n";
    RouteFilesCheck check = new RouteFilesCheck(context);
    add("own", bean + route);
    List<RouteFile> all = new ArrayList<>();
    files.forEach((name, text) -> all.add(new RouteFile(name, text)));
    assertThat(check.check(all).lines()).isEmpty();
    context.getRegistry().bind("ofFile", new ArrayList<String>()); // as Camel does
    all.replaceAll(f -> f.name().startsWith("own") ? new RouteFile(f.name(), route) : f);
    assertThat(check.check(all).lines())
        .singleElement()
        .asString()
        .startsWith("own.camel.yaml:7:18: route own, step bean: there is no bean ofFile");
    context.getRegistry().unbind("ofFile");
  }

  private String named;

  private static RouteFilesCheckTest good(String name) throws IOException {
    RouteFilesCheckTest test = new RouteFilesCheckTest();
    test.named = name;
    return test;
  }

  private Arguments arguments() {
    return Arguments.of(named, this);
  }

  private Arguments refused(String problem) {
    return Arguments.of(named, this, problem);
  }
}
