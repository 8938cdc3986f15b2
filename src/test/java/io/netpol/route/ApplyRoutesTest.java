package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * {@code routes/apply.camel.yaml}: a request is tried, then unused sets are destroyed. Retries are
 * in {@code routes/errors.camel.yaml}, which {@link DeadLetterRoutesTest} tests.
 */
class ApplyRoutesTest {

  private RoutesOf routes;

  /** Stands in for {@link ApplyService}. */
  public static final class ApplyStub {
    public String begin(@Body String request) {
      return "begun " + request;
    }

    public List<String> unreadToCollectGarbage() {
      return List.of("ipset");
    }

    public List<String> unused() {
      return List.of("set 1", "set 2");
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes = new RoutesOf("apply").bean("apply", new ApplyStub()).start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void requestIsKeptTriedAndFollowedByGarbageCollection() {
    Exchange sent = routes.send("apply", "request");
    assertThat(sent.getVariable(ApplyState.VARIABLE)).isEqualTo("begun request");
    assertThat(routes.sentTo("direct:attempt")).containsExactly("request");
    assertThat(routes.sentTo("direct:collect-garbage")).hasSize(1);
  }

  @Test
  void noGarbageIsCollectedAfterAFailedSync() {
    routes.failing("direct:attempt", new IllegalStateException("refused"));
    assertThat(routes.send("apply", "request").getException()).as("handled").isNull();
    assertThat(routes.sentTo("direct:failed")).containsExactly("request");
    assertThat(routes.sentTo("direct:collect-garbage")).isEmpty();
  }

  @Test
  void pieceThatSucceedsIsNotAFailure() {
    Exchange sent = routes.send("apply-piece", "piece");
    assertThat(sent.getVariable(ApplyState.VARIABLE)).isEqualTo("begun piece");
    assertThat(routes.sentTo("direct:attempt")).containsExactly("piece");
    assertThat(routes.sentTo("direct:failed")).isEmpty();
  }

  @Test
  void failedPieceIsTriedOnceAndForwarded() {
    IllegalStateException refused = new IllegalStateException("refused");
    routes.failing("direct:attempt", refused);
    Exchange sent = routes.send("apply-piece", "piece");
    assertThat(sent.getException()).isNull();
    assertThat(routes.sentTo("direct:attempt")).hasSize(1);
    assertThat(routes.mock("direct:failed").getReceivedExchanges())
        .singleElement()
        .satisfies(
            failed -> {
              assertThat(failed.getProperty(Exchange.EXCEPTION_CAUGHT)).isSameAs(refused);
              assertThat(failed.getVariable(ApplyState.VARIABLE)).isEqualTo("begun piece");
            });
  }

  @Test
  void unusedSetsAreDestroyedOneByOne() {
    routes.send("collect-garbage", null);
    assertThat(routes.sentTo("direct:read-kernel")).containsExactly(List.of("ipset"));
    assertThat(routes.sentTo("direct:deliver")).containsExactly("set 1", "set 2");
  }

  @Test
  void setsOfThisRunAreDestroyedEvenIfThoseOfAnEarlierRunAreUnreadable() {
    routes.failing("direct:read-kernel", new IllegalStateException("unreadable"));
    assertThat(routes.send("collect-garbage", null).getException()).isNull();
    assertThat(routes.sentTo("direct:deliver")).containsExactly("set 1", "set 2");
  }

  @Test
  void setInUseDoesNotKeepOthersFromBeingDestroyed() {
    routes.failing("direct:deliver", new IllegalStateException("in use"));
    assertThat(routes.send("collect-garbage", null).getException()).isNull();
    assertThat(routes.sentTo("direct:deliver")).containsExactly("set 1", "set 2");
  }
}
