package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Processor;
import org.apache.camel.processor.aggregate.DefaultAggregateController;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/pipeline.camel.yaml}: events become requests, and requests become one batch. */
class PipelineRoutesTest {

  private final List<String> steps = new ArrayList<>();
  private final WindowStub window = new WindowStub();
  private int pending;
  private String kind = "Pod";
  private boolean addressLeft;
  private RoutesOf routes;

  /** Stands in for {@link BatchWindow}, whose interval the test ends. */
  public final class WindowStub extends DefaultAggregateController {
    public void started() {
      steps.add("closed");
    }

    public void arrived() {
      steps.add("open");
    }
  }

  /** Stands in for {@link ConntrackCleanup}. */
  public final class CutStub {
    public boolean isDue() {
      return addressLeft;
    }
  }

  @BeforeEach
  void start() throws Exception {
    Processor enrich =
        exchange -> {
          steps.add("enrich");
          exchange.getIn().setHeader(NetpolHeaders.KIND, kind);
          exchange.getIn().setHeader(NetpolHeaders.PENDING, pending);
        };
    Processor classify = exchange -> steps.add("classify");
    Processor notice = exchange -> steps.add("notice");
    AggregationStrategy strategy =
        (gathered, next) -> {
          if (gathered != null) {
            next.getIn()
                .setBody(
                    gathered.getIn().getBody(String.class)
                        + " and "
                        + next.getIn().getBody(String.class));
          }
          return next;
        };
    routes =
        new RoutesOf("pipeline")
            .bean("enrich", enrich)
            .bean("classify", classify)
            .bean("noticeOfPolicy", notice)
            .bean("mergeWork", strategy)
            .bean("window", window)
            .bean("applier", new RoutesOf.AtOnce())
            .bean("cut", new CutStub())
            .start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void eventThatAffectsThisNodeIsPending() {
    pending = 2;
    routes.send("pipeline", "event");
    assertThat(steps).containsExactly("enrich");
    assertThat(routes.sentTo("direct:due")).containsExactly("event");
  }

  @Test
  void eventThatAffectsOtherNodesEndsHere() {
    routes.send("pipeline", "event");
    assertThat(routes.sentTo("direct:due")).isEmpty();
  }

  @Test
  void policiesAreClassifiedAndReportedWhetherOrNotTheyAffectThisNode() {
    kind = "NetworkPolicy";
    routes.send("pipeline", "event");
    assertThat(steps).containsExactly("enrich", "classify", "notice");
    assertThat(routes.sentTo("direct:due")).isEmpty();
  }

  @Test
  void requestsWithinTheBatchIntervalAreAppliedAsOne() {
    routes.send("due", "a");
    routes.send("due", "b");
    assertThat(routes.sentTo("direct:apply")).as("during the batch interval").isEmpty();
    window.forceCompletionOfGroup("this-node");
    assertThat(routes.sentTo("direct:apply")).containsExactly("a and b");
    assertThat(steps).containsExactly("open", "open", "closed");
    assertThat(routes.sentTo("seda:cut")).isEmpty();
  }

  @Test
  void connectionsOfALeftAddressAreDeletedEvenIfTheSyncFails() {
    addressLeft = true;
    routes.failing("direct:apply", new IllegalStateException("refused"));
    routes.send("due", "a");
    window.forceCompletionOfGroup("this-node");
    assertThat(routes.sentTo("seda:cut")).hasSize(1);
    assertThat(routes.sentTo("direct:apply")).hasSize(1);
  }
}
