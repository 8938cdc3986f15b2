package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
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
  private String toClose;
  private String due;
  private RoutesOf routes;

  /** A letter, as far as the route reads it. */
  public record Letter(String id) {}

  /** In the place of {@link FailureHandler}. */
  public final class FailureStub {
    public void note() {
      steps.add("noted");
    }

    public String expand(@Variable(ApplyState.VARIABLE) String state) {
      return "all of " + state;
    }

    public boolean canBeSplit() {
      return canBeSplit;
    }

    public List<String> halves(String work) {
      return List.of("half 1 of " + work, "half 2 of " + work);
    }

    public Letter letter(String work) {
      return new Letter("letter-of-" + work);
    }

    public String close(@Variable(NetpolHeaders.PIECE) String work) {
      return toClose == null ? null : toClose + " of " + work;
    }
  }

  /** In the place of {@link DeadLetters}. */
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

    public String due() {
      return due;
    }
  }

  /** In the place of {@link EventLog}. */
  public final class NoticesStub {
    public void letter(Letter letter) {
      steps.add("told " + letter.id());
    }
  }

  /** In the place of {@link ApplyService}. */
  public final class ApplyStub {
    public String begin(@Body String work) {
      return "begun " + work;
    }

    public String beginToClose(@Body String work) {
      return "closing " + work;
    }

    public void closeFailed() {
      steps.add("not closed");
    }

    public List<String> unreadToTidy() {
      return List.of();
    }

    public List<String> unused() {
      return List.of();
    }
  }

  /** In the place of {@link LetterRequests}. */
  public final class LetterRequestsStub {
    public String take(@Header(Exchange.FILE_NAME) String name) {
      return name.endsWith(".replay") ? "work of " + name : null;
    }
  }

  /** In the place of {@link DeadLetterNotifications}. */
  public final class LetterNewsStub {
    public List<String> take() {
      return List.of("news 1", "news 2");
    }
  }

  /** In the place of {@link DeadLetterEvents}. */
  public final class LetterEventsStub {
    public void tell(String news) {
      steps.add("event of " + news);
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
  void workThatFailsIsTriedFourTimesAndThenHandedOn() {
    routes.failing("direct:attempt", new IllegalStateException("refused"));
    Exchange sent = routes.send("apply", "work");
    assertThat(sent.getException()).as("it is handled").isNull();
    assertThat(routes.sentTo("direct:attempt")).hasSize(4);
    assertThat(routes.sentTo("direct:failed")).hasSize(1);
    assertThat(steps)
        .containsExactly(
            "noted before the next try",
            "noted before the next try",
            "noted before the next try",
            "all tried");
    assertThat(routes.sentTo("direct:tidy")).isEmpty();
  }

  @Test
  void workThatGoesInAtTheSecondTryIsNoFailure() {
    routes
        .mock("direct:attempt")
        .whenExchangeReceived(
            1,
            exchange -> {
              throw new IllegalStateException("refused once");
            });
    assertThat(routes.send("apply", "work").getException()).isNull();
    assertThat(routes.sentTo("direct:attempt")).hasSize(2);
    assertThat(routes.sentTo("direct:failed")).isEmpty();
    assertThat(routes.sentTo("direct:tidy")).hasSize(1);
    assertThat(steps).containsExactly("noted before the next try");
  }

  private void fail() {
    routes.send("failed", "body", "anything", "else");
  }

  @Test
  void workOfSeveralPiecesIsTriedHalfByHalf() {
    canBeSplit = true;
    fail();
    assertThat(steps).containsExactly("noted");
    assertThat(routes.sentTo("direct:apply-piece"))
        .containsExactly("half 1 of all of null", "half 2 of all of null");
    assertThat(routes.sentTo("direct:dead-letter")).isEmpty();
  }

  @Test
  void pieceThatStandsAloneBecomesALetter() {
    fail();
    assertThat(routes.sentTo("direct:apply-piece")).isEmpty();
    assertThat(routes.sentTo("direct:dead-letter")).containsExactly("all of null");
  }

  @Test
  void letterIsToldOfAndWrittenAsJson() {
    routes.send("dead-letter", "piece");
    assertThat(steps)
        .containsExactly(
            "told letter-of-piece", "wrote letter-of-piece.json {\"id\":\"letter-of-piece\"}");
    assertThat(routes.sentTo("direct:attempt")).as("it keeps its last rules").isEmpty();
  }

  @Test
  void podThatNeverHadRulesIsClosedEvenWhereTheLetterCannotBeWritten() {
    diskIsFull = true;
    toClose = "the pod";
    assertThat(routes.send("dead-letter", "piece").getException()).isNull();
    assertThat(routes.mock("direct:attempt").getReceivedExchanges())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.getVariable(ApplyState.VARIABLE))
                  .isEqualTo("closing the pod of piece");
            });
    assertThat(steps).containsExactly("told letter-of-piece");
  }

  @Test
  void podThatCannotBeClosedIsNoted() {
    toClose = "the pod";
    routes.failing("direct:attempt", new IllegalStateException("refused too"));
    assertThat(routes.send("dead-letter", "piece").getException()).isNull();
    assertThat(steps).endsWith("not closed");
  }

  @Test
  void whatIsInTheLettersIsDueFromTimeToTime() {
    routes.send("retry", null);
    assertThat(routes.sentTo("direct:due")).as("there is none").isEmpty();
    due = "work";
    routes.send("retry", null);
    assertThat(routes.sentTo("direct:due")).containsExactly("work");
  }

  @Test
  void fileThatAsksIsARequest() {
    routes.send("letter-files", "", Exchange.FILE_NAME, "x.replay");
    assertThat(routes.mock("direct:letter-request").getReceivedExchanges())
        .extracting(exchange -> exchange.getIn().getHeader(Exchange.FILE_NAME))
        .containsExactly("x.replay");
  }

  @Test
  void replayMakesTheWorkOfALetterDueAndADropDoesNot() {
    routes.send("letter-request", "", Exchange.FILE_NAME, "x.drop");
    assertThat(routes.sentTo("direct:due")).isEmpty();
    routes.send("letter-request", "", Exchange.FILE_NAME, "x.replay");
    assertThat(routes.sentTo("direct:due")).containsExactly("work of x.replay");
  }

  @Test
  void newsAreToldAsEventsOneByOne() {
    routes.send("events", null);
    assertThat(steps).containsExactly("event of news 1", "event of news 2");
  }
}
