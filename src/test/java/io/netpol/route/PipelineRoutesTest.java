package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.index.AffectedObjects;
import io.netpol.model.ObjectKey;
import io.netpol.route.apply.BatchWindow;
import io.netpol.route.apply.ConntrackCleanup;
import io.netpol.route.apply.MergeStrategy;
import io.netpol.route.apply.PendingTimer;
import io.netpol.testing.Eventually;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.Processor;
import org.apache.camel.processor.aggregate.DefaultAggregateController;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code routes/pipeline.camel.yaml}: which events go on, and how what they affect becomes one
 * batch.
 */
class PipelineRoutesTest {

  private final List<String> steps = new ArrayList<>();
  private final WindowStub window = new WindowStub();
  private int pending;
  private String kind = "Pod";
  private boolean addressLeft;
  private final PendingTimer timer = new PendingTimer(Thread::new);
  private RoutesOf routes;

  /** In the place of {@link BatchWindow}, which the test closes. */
  public final class WindowStub extends DefaultAggregateController {
    public void started() {
      steps.add("closed");
    }

    public void arrived() {
      steps.add("open");
    }
  }

  /** In the place of {@link ConntrackCleanup}. */
  public final class CutStub {
    public boolean isDue() {
      return addressLeft;
    }
  }

  @BeforeEach
  void start() throws Exception {
    start("5");
  }

  private void start(String interval) throws Exception {
    Processor enrich =
        exchange -> {
          steps.add("enrich");
          exchange.getIn().setHeader(NetpolHeaders.KIND, kind);
          exchange.getIn().setHeader(NetpolHeaders.PENDING, pending);
        };
    Processor classify = exchange -> steps.add("classify");
    Processor notice = exchange -> steps.add("tell");
    routes =
        new RoutesOf("pipeline")
            .property("netpol.batch.interval", interval)
            .bean("enrich", enrich)
            .bean("classify", classify)
            .bean("noticeOfPolicy", notice)
            .bean("pendingTimer", timer)
            .bean("mergeRequests", new MergeStrategy(null, null, timer))
            .bean("batchWindow", window)
            .bean("applier", new RoutesOf.AtOnce())
            .bean("connections", new CutStub())
            .start();
  }

  @AfterEach
  void stop() {
    routes.close();
    timer.shutdownNow();
  }

  /** A request for these pods, as {@code shop/a}. */
  private static ReconcileRequest request(String... pods) {
    Set<ObjectKey> keys =
        Arrays.stream(pods).map(pod -> new ObjectKey("shop", pod)).collect(Collectors.toSet());
    return ReconcileRequest.of(new AffectedObjects(keys, Set.of(), false), "test");
  }

  private static Set<String> pods(Object request) {
    return ((ReconcileRequest) request)
        .podKeys().stream().map(ObjectKey::name).collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void eventThatAffectsThisNodeGoesOn() {
    pending = 2;
    routes.send("pipeline", "event");
    assertThat(steps).containsExactly("enrich");
    assertThat(routes.sentTo("direct:pending")).containsExactly("event");
  }

  @Test
  void eventThatAffectsOthersEndsHere() {
    routes.send("pipeline", "event");
    assertThat(routes.sentTo("direct:pending")).isEmpty();
  }

  @Test
  void policiesAreClassifiedAndToldOfWhetherTheyMeanAnythingHereOrNot() {
    kind = "NetworkPolicy";
    routes.send("pipeline", "event");
    assertThat(steps).containsExactly("enrich", "classify", "tell");
    assertThat(routes.sentTo("direct:pending")).isEmpty();
  }

  @Test
  void eachPodHasOneRequestHoweverManyEventsAffectIt() throws Exception {
    routes.close();
    start("3600000");
    routes.send("pending", request("a", "b"));
    routes.send("pending", request("b", "c"));
    routes.send("pending", request("b"));
    assertThat(routes.sentTo("direct:batch")).as("before the interval ends").isEmpty();
    assertThat(routes.groups("aggregate"))
        .containsExactlyInAnyOrder("Pod shop/a", "Pod shop/b", "Pod shop/c");
  }

  @Test
  void intervalCompletesAllThatArePending() throws Exception {
    routes.send("pending", request("a", "b"));
    Eventually.holds("both are complete", () -> routes.sentTo("direct:batch").size() == 2);
    assertThat(routes.sentTo("direct:batch"))
        .extracting(PipelineRoutesTest::pods)
        .containsExactlyInAnyOrder(Set.of("a"), Set.of("b"));
    assertThat(routes.groups("aggregate")).isEmpty();
  }

  @Test
  void whatIsCompleteIsAppliedAsOneBatch() {
    routes.send("batch", request("a"));
    routes.send("batch", request("b"));
    assertThat(routes.sentTo("direct:apply")).as("while the batch is open").isEmpty();
    window.forceCompletionOfGroup("node");
    assertThat(routes.sentTo("direct:apply"))
        .extracting(PipelineRoutesTest::pods)
        .containsExactly(Set.of("a", "b"));
    assertThat(steps).containsExactly("open", "open", "closed");
    assertThat(routes.sentTo("seda:terminate-connections")).isEmpty();
  }

  @Test
  void batchThatIsFullWaitsForNothing() {
    for (int i = 0; i <= 10_000; i++) {
      routes.send("batch", request("pod-" + i));
    }
    assertThat(routes.sentTo("direct:apply")).hasSize(1);
    assertThat(pods(routes.sentTo("direct:apply").get(0))).hasSize(10_000);
  }

  @Test
  void connectionsOfAnAddressThatAPodLeftAreDeletedEvenWhereTheApplyFails() {
    addressLeft = true;
    routes.failing("direct:apply", new IllegalStateException("refused"));
    routes.send("batch", request("a"));
    window.forceCompletionOfGroup("node");
    assertThat(routes.sentTo("seda:terminate-connections")).hasSize(1);
    assertThat(routes.sentTo("direct:apply")).hasSize(1);
  }
}
