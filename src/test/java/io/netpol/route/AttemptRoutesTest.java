package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import io.netpol.route.apply.BridgeLearning;
import io.netpol.route.apply.ConntrackCleanup;
import io.netpol.route.apply.EventLog;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/attempt.camel.yaml}: read, render, deliver in order, verify. */
class AttemptRoutesTest {

  private final List<String> steps = new ArrayList<>();
  private boolean firstLook;
  private boolean connectionsDue;
  private RoutesOf routes;

  /** Stands in for {@link ApplyService}. */
  public final class ApplyStub {
    public String again() {
      steps.add("again");
      return "nothing rendered";
    }

    public List<String> unread() {
      return List.of("ipset");
    }

    public String render(@Variable(ApplyState.VARIABLE) String state) {
      steps.add("render: " + state);
      return "attempt";
    }

    public List<String> deliveries(@Variable(ApplyState.VARIABLE) String attempt) {
      return List.of(attempt + " 1", attempt + " 2");
    }

    public List<String> unreadToVerify() {
      return List.of("iptables");
    }

    public void applied(@Variable(ApplyState.VARIABLE) String attempt) {
      steps.add("applied " + attempt);
    }
  }

  /** Stands in for {@link BridgeLearning}. */
  public final class BridgeLearningStub {
    public boolean isFirst() {
      return firstLook;
    }
  }

  /** Stands in for {@link EventLog}. */
  public final class NoticesStub {
    public void applied() {
      steps.add("reported");
    }
  }

  /** Stands in for {@link ConntrackCleanup}. */
  public final class CutStub {
    public boolean isDue() {
      return connectionsDue;
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("attempt")
            .bean("apply", new ApplyStub())
            .bean("bridgeLearning", new BridgeLearningStub())
            .bean("notices", new NoticesStub())
            .bean("connections", new CutStub())
            .start();
    writesDown("direct:read-kernel", "read ");
    writesDown("direct:deliver", "deliver ");
  }

  private void writesDown(String uri, String what) {
    routes
        .mock(uri)
        .whenAnyExchangeReceived(exchange -> steps.add(what + exchange.getIn().getBody()));
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void kernelIsReadBeforeItIsWrittenAndAgainToVerify() {
    routes.send("attempt", "request");
    assertThat(steps)
        .containsExactly(
            "again",
            "read [ipset]",
            "render: nothing rendered",
            "deliver attempt 1",
            "deliver attempt 2",
            "read [iptables]",
            "applied attempt",
            "reported");
  }

  @Test
  void firstFailedDeliveryEndsTheAttempt() {
    routes.failing("direct:deliver", new IllegalStateException("refused"));
    Exchange sent = routes.send("attempt", "request");
    assertThat(sent.getException()).hasRootCauseMessage("refused");
    assertThat(routes.sentTo("direct:deliver")).containsExactly("attempt 1");
    assertThat(steps).doesNotContain("applied attempt", "reported");
    assertThat(sent.getVariable(ApplyState.VARIABLE)).as("what failed").isEqualTo("attempt");
  }

  @Test
  void nothingIsRenderedIfTheKernelIsUnreadable() {
    routes.failing("direct:read-kernel", new IllegalStateException("unreadable"));
    routes.send("attempt", "request");
    assertThat(steps).containsExactly("again");
  }

  @Test
  void bridgePortsAreLearnedBeforeTheFirstSyncOnly() {
    routes.send("attempt", "request");
    assertThat(routes.sentTo("direct:learn-bridge-ports")).isEmpty();
    firstLook = true;
    routes.send("attempt", "request");
    assertThat(routes.sentTo("direct:learn-bridge-ports")).hasSize(1);
  }

  @Test
  void connectionsAreTerminatedIfAnyArePending() {
    routes.send("attempt", "request");
    assertThat(routes.sentTo("seda:terminate-connections")).isEmpty();
    connectionsDue = true;
    routes.send("attempt", "request");
    assertThat(routes.sentTo("seda:terminate-connections")).hasSize(1);
  }
}
