package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.settings.Setting;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Processor;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedAggregateProcessorMBean;
import org.apache.camel.api.management.mbean.ManagedProcessorMBean;
import org.apache.camel.processor.aggregate.AggregateProcessor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An edit of a route file has the effect that Camel's documentation promises. */
@Tag("agent")
class EditedRoutesTest {

  private static final String HOUR = "3600000";
  private static final String INTERVAL = "completionInterval: \"{{netpol.batch.interval}}\"";
  private static final String PIPELINE = "pipeline.camel.yaml";

  @TempDir private Path folder;
  private Path routes;
  private FakeTools tools;
  private TestAgent agent;

  @BeforeEach
  void copyRoutes() throws Exception {
    routes = Files.createDirectory(folder.resolve("routes"));
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".camel.yaml")).toList()) {
        Files.copy(file, routes.resolve(file.getFileName()));
      }
    }
    tools = new FakeTools(folder);
    agent =
        new TestAgent(folder, tools.settings())
            .set(Setting.ROUTES, routes.toString())
            .set(Setting.RESYNC_INTERVAL, HOUR)
            .set(Setting.CHECK_DELAY, HOUR);
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  private void edit(String file, String old, String now) throws Exception {
    Path path = routes.resolve(file);
    String text = Files.readString(path);
    assertThat(text).containsOnlyOnce(old);
    Files.writeString(path, text.replace(old, now));
  }

  /** Returns the lines that the page shows for a file. */
  private static String onPage(String file) throws Exception {
    String start = "<!-- edit: " + file + " -->\n\n```yaml\n";
    String page = Files.readString(Path.of("docs/routes.md"));
    assertThat(page).containsOnlyOnce(start);
    String shown = page.substring(page.indexOf(start) + start.length());
    return shown.substring(0, shown.indexOf("```"));
  }

  private void start() throws Exception {
    agent.start();
    eventually("ready", agent::isReady);
  }

  private boolean isEnforced(String policy) throws Exception {
    return tools.delivered().contains("shop/" + policy + " ingress 1");
  }

  private void enforces(String name, String address) throws Exception {
    agent.pod(name, address);
    agent.policy("for-" + name, name, "");
    eventually("enforced", () -> isEnforced("for-" + name));
  }

  private <T extends ManagedProcessorMBean> T processor(String id, Class<T> type) {
    return agent
        .agent()
        .context()
        .getCamelContextExtension()
        .getContextPlugin(ManagedCamelContext.class)
        .getManagedProcessor(id, type);
  }

  private ManagedAggregateProcessorMBean aggregate(String id) {
    return processor(id, ManagedAggregateProcessorMBean.class);
  }

  /** The keys of what an aggregate has that is not complete. */
  private Set<String> groups(String id) {
    Processor aggregate = agent.agent().context().getProcessor(id, AggregateProcessor.class);
    return ((AggregateProcessor) aggregate).getAggregationRepository().getKeys();
  }

  @Test
  void asShippedEachPodIsAGroupAndTheIntervalCompletesIt() throws Exception {
    start();
    enforces("web", "10.0.0.1");
    ManagedAggregateProcessorMBean pods = aggregate("aggregate");
    eventually("complete", () -> pods.getCompletedByInterval() > 0);
    assertThat(pods.getCompletedByForce()).isZero();
    assertThat(pods.getTotalIn()).isGreaterThanOrEqualTo(pods.getTotalCompleted());
    eventually("one batch", () -> aggregate("aggregate-batch").getCompletedByForce() > 0);
  }

  @Test
  @Edit("`pending/aggregate`: a longer `completionInterval`")
  void longerIntervalKeepsTheGroupsOfPodsUntilItEnds() throws Exception {
    edit(PIPELINE, INTERVAL, "completionInterval: \"" + HOUR + "\"");
    agent.start();
    agent.pod("web", "10.0.0.1");
    agent.pod("db", "10.0.0.2");
    eventually("listed", () -> groups("aggregate").contains("node"));
    agent.policy("for-web", "web", "");
    agent.policy("for-db", "db", "");
    eventually(
        "gathered", () -> groups("aggregate").containsAll(Set.of("Pod shop/web", "Pod shop/db")));
    assertThat(tools.delivered()).doesNotContain("shop/for-");
    aggregate("aggregate").forceCompletionOfGroup("Pod shop/web");
    eventually("enforced", () -> isEnforced("for-web"));
    assertThat(isEnforced("for-db")).as("its group is not complete").isFalse();
  }

  @Test
  @Edit("`pending/aggregate`: a constant as `correlationExpression`")
  void correlationByAConstantMakesOneGroup() throws Exception {
    edit(PIPELINE, INTERVAL, "completionInterval: \"" + HOUR + "\"");
    edit(PIPELINE, "simple: \"${body.key}\"", "constant: all");
    agent.start();
    agent.pod("web", "10.0.0.1");
    eventually("listed", () -> groups("aggregate").equals(Set.of("all")));
    agent.policy("for-web", "web", "");
    eventually("gathered", () -> aggregate("aggregate").getTotalIn() > 1);
    assertThat(groups("aggregate")).containsExactly("all");
  }

  @Test
  @Edit("`pending/aggregate`: `completionSize: 1` for `completionInterval`")
  void completionSizeOfOneCompletesEachAtOnce() throws Exception {
    edit(PIPELINE, INTERVAL, "completionSize: 1");
    start();
    enforces("web", "10.0.0.1");
    assertThat(aggregate("aggregate").getCompletedBySize()).isPositive();
    assertThat(groups("aggregate")).isEmpty();
  }

  @Test
  @Edit("`pending/aggregate`: `completionTimeout` for `completionInterval`")
  void completionTimeoutCompletesWhatIsQuiet() throws Exception {
    edit(
        PIPELINE,
        INTERVAL,
        "completionTimeout: \"50\"\n                  completionTimeoutCheckerInterval: \"10\"");
    start();
    enforces("web", "10.0.0.1");
    assertThat(aggregate("aggregate").getCompletedByTimeout()).isPositive();
  }

  @Test
  @Edit("`batch/aggregate-batch`: a smaller `completionSize`")
  void smallerBatchesAreMoreSyncs() throws Exception {
    edit(PIPELINE, "completionSize: 10000", "completionSize: 1");
    start();
    enforces("web", "10.0.0.1");
    assertThat(aggregate("aggregate-batch").getCompletedBySize()).isPositive();
    assertThat(aggregate("aggregate-batch").getCompletedByForce()).isZero();
  }

  @Test
  @Edit("`pipeline`: a `throttle` before `to-pending`")
  void throttleLetsTheEventsThroughOneByOne() throws Exception {
    edit(PIPELINE, "              - to:\n                  id: to-pending\n", onPage(PIPELINE));
    start();
    enforces("web", "10.0.0.1");
    assertThat(processor("slowly", ManagedProcessorMBean.class).getExchangesCompleted())
        .isPositive();
  }

  @Test
  @Edit("`pipeline`: a `wireTap` to a route of yours")
  void wireTapSendsACopyToARouteOfYourOwn() throws Exception {
    edit(
        PIPELINE,
        "              - to:\n                  id: to-pending\n",
        """
                      - wireTap:
                          id: tap
                          uri: "direct:tapped"
                      - to:
                          id: to-pending
        """);
    Path tapped = folder.resolve("tapped");
    Files.writeString(
        routes.resolve("tapped.camel.yaml"),
        """
        - route:
            id: tapped
            from:
              id: tapped-in
              uri: direct:tapped
              steps:
                - setBody:
                    id: tapped-text
                    simple: "${header.NetpolKind} ${header.NetpolName}: ${body}"
                - to:
                    id: tapped-file
                    uri: "file:%s?fileName=lines&fileExist=Append"
        """
            .formatted(tapped));
    start();
    enforces("web", "10.0.0.1");
    eventually(
        "tapped",
        () ->
            Files.exists(tapped.resolve("lines"))
                && Files.readString(tapped.resolve("lines"))
                    .contains(
                        "NetworkPolicy for-web: Pod shop/web; because of NetworkPolicy"
                            + " shop/for-web"));
  }

  @Test
  @Edit("`policy`: a `filter` around `policy-to-pipeline`")
  void filterKeepsEventsOfANamespaceFromThePipeline() throws Exception {
    edit(
        "policy.camel.yaml",
        "        - to:\n            id: policy-to-pipeline\n            uri: direct:event\n",
        """
                - filter:
                    id: is-not-of-the-lab
                    simple: "${header.CamelKubernetesEventAction} == 'LISTED' || ${body.metadata.name} != 'for-lab'"
                    steps:
                      - to:
                          id: policy-to-pipeline
                          uri: direct:event
        """);
    start();
    agent.pod("lab", "10.0.0.9");
    agent.policy("for-lab", "lab", "");
    enforces("web", "10.0.0.1");
    assertThat(isEnforced("for-lab")).isFalse();
  }

  @Test
  @Edit("`policy`: a `seda:` queue before `direct:event`")
  void queueBetweenSourceAndPipelineChangesNothing() throws Exception {
    edit("policy.camel.yaml", "uri: direct:event", "uri: \"seda:policies\"");
    Files.writeString(
        routes.resolve("queue.camel.yaml"),
        """
        - route:
            id: queue
            from:
              id: queue-out
              uri: "seda:policies"
              steps:
                - to:
                    id: queue-to-pipeline
                    uri: direct:event
        """);
    start();
    enforces("web", "10.0.0.1");
  }

  @Test
  @Edit("`errors`: another `maximumRedeliveries`")
  void fewerRedeliveriesAreFewerAttempts() throws Exception {
    edit("errors.camel.yaml", "maximumRedeliveries: 3", "maximumRedeliveries: 1");
    agent.set(Setting.RETRY_INTERVAL, HOUR);
    start();
    tools.poison("shop/for-web");
    agent.pod("web", "10.0.0.1");
    agent.policy("for-web", "web", "");
    eventually("a letter", () -> !agent.files().isEmpty());
    assertThat(processor("try", ManagedProcessorMBean.class).getRedeliveries()).isEqualTo(1);
  }

  @Test
  @Edit("`dead-letter`: a `wireTap` to a second folder")
  void secondDestinationGetsEachDeadLetterToo() throws Exception {
    Path second = folder.resolve("second");
    String letters = "dead-letter.camel.yaml";
    edit(letters, "        - doTry:\n            id: try-write\n", onPage(letters));
    String own = "second-letters.camel.yaml";
    Files.writeString(
        routes.resolve(own),
        onPage(own).replace("/var/lib/camel-netpol/second-letters", second.toString()));
    start();
    tools.poison("shop/for-web");
    agent.pod("web", "10.0.0.1");
    agent.policy("for-web", "web", "");
    eventually("a letter", () -> !agent.files().isEmpty());
    String name = agent.files().get(0).getFileName().toString();
    eventually(
        "its copy",
        () ->
            Files.exists(second.resolve(name))
                && Files.readString(second.resolve(name)).contains("shop/for-web"));
  }

  @Test
  @Edit("`resync`: another `period`")
  void timerOfTheResyncTakesAnotherPeriod() throws Exception {
    String resync = Files.readString(routes.resolve("resync.camel.yaml"));
    Files.writeString(
        routes.resolve("resync.camel.yaml"),
        resync.replace("\"{{netpol.resync.interval}}\"", "\"100\""));
    start();
    eventually(
        "several",
        () -> processor("resync-to-batch", ManagedProcessorMBean.class).getExchangesTotal() > 2);
    assertThat(aggregate("aggregate").getTotalIn())
        .as("the checks do not go through the groups of pods")
        .isLessThanOrEqualTo(1);
  }

  /** Names, as the page does, the edit that a test makes. */
  @Retention(RetentionPolicy.RUNTIME)
  @interface Edit {
    String value();
  }

  private static Arguments refusal(
      String edit, String file, String old, String now, String message) {
    return Arguments.of(edit, file + ".camel.yaml", old, now, message);
  }

  /** The edits that are refused: name, file, what is replaced, and part of the message. */
  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal(
            "A step is misspelled",
            "policy",
            "        - to:\n            id: policy-to-pipeline",
            "        - too:\n            id: policy-to-pipeline",
            "there is no step \"too\"; did you mean to?"),
        refusal(
            "A line is indented wrongly",
            "policy",
            "            uri: direct:event",
            "             uri: direct:event",
            "policy.camel.yaml:12:17: this is not YAML"),
        refusal(
            "A route has the id of another",
            "lint",
            "    id: lint\n",
            "    id: save\n",
            "the id save is taken"),
        refusal(
            "A step has the id of another",
            "lint",
            "            id: look\n",
            "            id: enrich\n",
            "the id enrich is taken"),
        refusal(
            "A step names no bean",
            "lint",
            "ref: lintLog",
            "ref: lintlogs",
            "there is no bean lintlogs; did you mean lintLog?"),
        refusal(
            "A step names no method of its bean",
            "lint",
            "method: look",
            "method: lok",
            "the bean lintLog has no method lok; did you mean look?"),
        refusal(
            "A step sends to a `direct:` without a consumer",
            "resync",
            "uri: direct:batch",
            "uri: direct:bacth",
            "no route consumes direct:bacth; did you mean direct:batch?"),
        refusal(
            "A step sends to a `seda:` without a consumer",
            "policy",
            "uri: direct:event",
            "uri: seda:events",
            "no route consumes seda:events"),
        refusal(
            "A source has no `endOfList`",
            "sources",
            "        resourceName: \"{{netpol.node}}\"\n        endOfList: true\n",
            "        resourceName: \"{{netpol.node}}\"\n",
            "endOfList"),
        refusal(
            "A route that the agent needs has another id",
            "sources",
            "    id: nodes\n",
            "    id: others\n",
            "route nodes: no file has this route"),
        refusal(
            "The pipeline leads nowhere",
            "pipeline",
            "                  uri: direct:pending",
            "                  uri: \"log:pending\"",
            "no way leads from here to the aggregate of each pod"),
        refusal(
            "A component is misspelled",
            "lint",
            "uri: timer:lint",
            "uri: tmier:lint",
            "there is no component tmier in lib or lib/ext; did you mean timer?"),
        refusal(
            "An option is misspelled",
            "lint",
            "        period:",
            "        perod:",
            "timer has no option perod; did you mean period?"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void editIsRefusedAtStart(String edit, String file, String old, String now, String message)
      throws Exception {
    String text = Files.readString(routes.resolve(file));
    assertThat(text).contains(old);
    Files.writeString(routes.resolve(file), text.replace(old, now));
    assertThatThrownBy(() -> agent.start())
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message)
        .message()
        .doesNotContainPattern("@[0-9a-f]{6,}");
  }

  @Test
  void pageListsTheEditsThatAreTested() throws Exception {
    List<String> tested =
        Stream.concat(
                Arrays.stream(getClass().getDeclaredMethods())
                    .filter(method -> method.isAnnotationPresent(Edit.class))
                    .map(method -> method.getAnnotation(Edit.class).value()),
                refusals().map(refusal -> (String) refusal.get()[0]))
            .toList();
    String page = Files.readString(Path.of("docs/routes.md"));
    String table = page.substring(page.indexOf("| edit | effect or error |"));
    List<String> listed =
        table
            .lines()
            .takeWhile(line -> line.startsWith("|"))
            .skip(2)
            .map(line -> line.split(" \\| ")[0].substring(2))
            .toList();
    assertThat(listed).hasSize(25).containsExactlyInAnyOrderElementsOf(tested);
  }
}
