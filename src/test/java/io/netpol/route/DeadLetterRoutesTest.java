package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.apply.EventLog;
import io.netpol.route.apply.FailureHandler;
import io.netpol.route.deadletter.DeadLetterEvents;
import io.netpol.route.deadletter.DeadLetterNotifications;
import io.netpol.route.deadletter.DeadLetters;
import io.netpol.route.deadletter.LetterRequests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Processor;
import org.apache.camel.Variable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/dead-letter.camel.yaml}, and the route that its retries are for. */
class DeadLetterRoutesTest {

  private final List<String> steps = new ArrayList<>();
  private boolean canBeSplit;
  private boolean diskIsFull;
  private String toQuarantine;
  private String pending;
  private RoutesOf routes;

  /** A letter, as far as the route reads it. */
  public record Letter(String id) {}

  /** Stands in for {@link FailureHandler}. */
  public final class FailureStub {
    public void note() {
      steps.add("noted");
    }

    public void endRound() {
      steps.add("said");
    }

    public String expand(@Variable(ApplyState.VARIABLE) String state) {
      return "all of " + state;
    }

    public boolean canBeSplit() {
      return canBeSplit;
    }

    public List<String> halves(String request) {
      return List.of("half 1 of " + request, "half 2 of " + request);
    }

    public Letter letter(String request) {
      return new Letter("letter-of-" + request);
    }

    public String quarantine(@Variable(NetpolHeaders.PIECE) String request) {
      return toQuarantine == null ? null : toQuarantine + " of " + request;
    }
  }

  /** Stands in for {@link DeadLetters}. */
  public final class DeadLettersStub {
    public void write(@Header(Exchange.FILE_NAME) String name, byte[] json) throws IOException {
      if (diskIsFull) {
        throw new IOException("no space left");
      }
      String text = new String(json, StandardCharsets.UTF_8).replaceAll("\\s", "");
      steps.add("wrote " + name + " " + text);
    }

    public void tried() {
      steps.add("all tried");
    }

    public String pending() {
      return pending;
    }
  }

  /** Stands in for {@link EventLog}. */
  public final class NoticesStub {
    public void letter(Letter letter) {
      steps.add("reported " + letter.id());
    }
  }

  /** Stands in for {@link ApplyService}. */
  public final class ApplyStub {
    public String begin(@Body String request) {
      return "begun " + request;
    }

    public String beginQuarantine(@Body String request) {
      return "quarantining " + request;
    }

    public void quarantineFailed() {
      steps.add("not quarantined");
    }

    public List<String> unreadToCollectGarbage() {
      return List.of();
    }

    public List<String> unused() {
      return List.of();
    }
  }

  /** Stands in for {@link LetterRequests}. */
  public final class LetterRequestsStub {
    public String take(@Header(Exchange.FILE_NAME) String name) {
      return name.endsWith(".replay") ? "request of " + name : null;
    }
  }

  /** Stands in for {@link DeadLetterNotifications}. */
  public final class LetterNewsStub {
    public List<String> take() {
      return List.of("news 1", "news 2");
    }
  }

  /** Stands in for {@link DeadLetterEvents}. */
  public final class LetterEventsStub {
    public void tell(String notification) {
      steps.add("event of " + notification);
    }
  }

  @BeforeEach
  void start() throws Exception {
    Processor noteFailure = exchange -> steps.add("noted before the next try");
    routes =
        new RoutesOf("dead-letter", "apply")
            .bean("failure", new FailureStub())
            .bean("deadLetters", new DeadLettersStub())
            .bean("notices", new NoticesStub())
            .bean("apply", new ApplyStub())
            .bean("letterRequests", new LetterRequestsStub())
            .bean("letterNews", new LetterNewsStub())
            .bean("letterEvents", new LetterEventsStub())
            .bean("letterMapper", new ObjectMapper())
            .bean("noteFailure", noteFailure)
            .property("netpol.dead-letters", "target/no-such-folder")
            .start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void failedRequestIsTriedFourTimesAndThenForwarded() {
    routes.failing("direct:attempt", new IllegalStateException("refused"));
    Exchange sent = routes.send("apply", "request");
    assertThat(sent.getException()).as("it is handled").isNull();
    assertThat(routes.sentTo("direct:attempt")).hasSize(4);
    assertThat(routes.sentTo("direct:failed")).hasSize(1);
    assertThat(steps)
        .containsExactly(
            "noted before the next try",
            "noted before the next try",
            "noted before the next try",
            "all tried",
            "said");
    assertThat(routes.sentTo("direct:collect-garbage")).isEmpty();
  }

  @Test
  void requestThatSucceedsAtTheSecondTryIsNotAFailure() {
    routes
        .mock("direct:attempt")
        .whenExchangeReceived(
            1,
            exchange -> {
              throw new IllegalStateException("refused once");
            });
    assertThat(routes.send("apply", "request").getException()).isNull();
    assertThat(routes.sentTo("direct:attempt")).hasSize(2);
    assertThat(routes.sentTo("direct:failed")).isEmpty();
    assertThat(routes.sentTo("direct:collect-garbage")).hasSize(1);
    assertThat(steps).containsExactly("noted before the next try");
  }

  private void fail() {
    routes.send("failed", "body", "anything", "else");
  }

  @Test
  void requestOfSeveralPiecesIsTriedHalfByHalf() {
    canBeSplit = true;
    fail();
    assertThat(steps).containsExactly("noted");
    assertThat(routes.sentTo("direct:apply-piece"))
        .containsExactly("half 1 of all of null", "half 2 of all of null");
    assertThat(routes.sentTo("direct:dead-letter")).isEmpty();
  }

  @Test
  void singlePieceBecomesALetter() {
    fail();
    assertThat(routes.sentTo("direct:apply-piece")).isEmpty();
    assertThat(routes.sentTo("direct:dead-letter")).containsExactly("all of null");
  }

  @Test
  void letterIsReportedAndWrittenAsJson() {
    routes.send("dead-letter", "piece");
    assertThat(steps)
        .containsExactly(
            "reported letter-of-piece", "wrote letter-of-piece.json {\"id\":\"letter-of-piece\"}");
    assertThat(routes.sentTo("direct:attempt")).as("it keeps its last rules").isEmpty();
  }

  @Test
  void podThatNeverHadRulesIsQuarantinedEvenIfItsLetterCannotBeWritten() {
    diskIsFull = true;
    toQuarantine = "the pod";
    assertThat(routes.send("dead-letter", "piece").getException()).isNull();
    assertThat(routes.mock("direct:attempt").getReceivedExchanges())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.getVariable(ApplyState.VARIABLE))
                  .isEqualTo("quarantining the pod of piece");
            });
    assertThat(steps).containsExactly("reported letter-of-piece");
  }

  @Test
  void podThatCannotBeQuarantinedIsNoted() {
    toQuarantine = "the pod";
    routes.failing("direct:attempt", new IllegalStateException("refused too"));
    assertThat(routes.send("dead-letter", "piece").getException()).isNull();
    assertThat(steps).endsWith("not quarantined");
  }

  @Test
  void deadLettersArePendingPeriodically() {
    routes.send("retry", null);
    assertThat(routes.sentTo("direct:pending")).as("there is none").isEmpty();
    pending = "request";
    routes.send("retry", null);
    assertThat(routes.sentTo("direct:pending")).containsExactly("request");
  }

  @Test
  void requestIsAFile() {
    routes.send("letter-files", "", Exchange.FILE_NAME, "x.replay");
    assertThat(routes.mock("direct:letter-request").getReceivedExchanges())
        .extracting(exchange -> exchange.getIn().getHeader(Exchange.FILE_NAME))
        .containsExactly("x.replay");
  }

  @Test
  void replayMakesALetterPendingAndDropDoesNot() {
    routes.send("letter-request", "", Exchange.FILE_NAME, "x.drop");
    assertThat(routes.sentTo("direct:pending")).isEmpty();
    routes.send("letter-request", "", Exchange.FILE_NAME, "x.replay");
    assertThat(routes.sentTo("direct:pending")).containsExactly("request of x.replay");
  }

  @Test
  void notificationsArePublishedOneByOne() {
    routes.send("events", null);
    assertThat(steps).containsExactly("event of news 1", "event of news 2");
  }
}
