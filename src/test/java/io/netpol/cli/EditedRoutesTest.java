package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void completionSizeOfOneCompletesEachAtOnce() throws Exception {
    edit(PIPELINE, INTERVAL, "completionSize: 1");
    start();
    enforces("web", "10.0.0.1");
    assertThat(aggregate("aggregate").getCompletedBySize()).isPositive();
    assertThat(groups("aggregate")).isEmpty();
  }

  @Test
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
  void smallerBatchesAreMoreSyncs() throws Exception {
    edit(PIPELINE, "completionSize: 10000", "completionSize: 1");
    start();
    enforces("web", "10.0.0.1");
    assertThat(aggregate("aggregate-batch").getCompletedBySize()).isPositive();
    assertThat(aggregate("aggregate-batch").getCompletedByForce()).isZero();
  }

  @Test
  void throttleLetsTheEventsThroughOneByOne() throws Exception {
    edit(
        PIPELINE,
        "              - to:\n                  id: to-pending\n",
        """
                      - throttle:
                          id: slowly
                          constant: "50"
                          timePeriodMillis: "1000"
                      - to:
                          id: to-pending
        """);
    start();
    enforces("web", "10.0.0.1");
    assertThat(processor("slowly", ManagedProcessorMBean.class).getExchangesCompleted())
        .isPositive();
  }

  @Test
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
  void secondDestinationGetsEachDeadLetterToo() throws Exception {
    Path second = folder.resolve("second");
    edit(
        "dead-letter.camel.yaml",
        "        - doTry:\n            id: try-write\n",
        """
                - wireTap:
                    id: second-destination
                    uri: "file:%s?fileName=${header.CamelFileName}"
                - doTry:
                    id: try-write
        """
            .formatted(second));
    start();
    tools.poison("shop/for-web");
    agent.pod("web", "10.0.0.1");
    agent.policy("for-web", "web", "");
    eventually("a letter", () -> !agent.files().isEmpty());
    String name = agent.files().get(0).getFileName().toString();
    eventually("its copy", () -> Files.exists(second.resolve(name)));
    assertThat(Files.readString(second.resolve(name))).contains("shop/for-web");
  }

  @Test
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
}
