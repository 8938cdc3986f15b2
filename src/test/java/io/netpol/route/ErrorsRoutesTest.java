package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.deadletter.DeadLetters;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/errors.camel.yaml}: whose a failure is. */
class ErrorsRoutesTest {

  private final AtomicInteger tries = new AtomicInteger();
  private final AtomicInteger noted = new AtomicInteger();
  private final AtomicInteger tried = new AtomicInteger();
  private RoutesOf routes;

  /** In the place of {@link DeadLetters}. */
  public final class LettersStub {
    public void tried() {
      tried.incrementAndGet();
    }
  }

  @BeforeEach
  void start() throws Exception {
    Processor note = exchange -> noted.incrementAndGet();
    routes =
        new RoutesOf("save")
            .bean("noteFailure", note)
            .bean("deadLetters", new LettersStub())
            .add(
                new RouteBuilder() {
                  @Override
                  public void configure() {
                    from("direct:x-retried")
                        .routeId("x-retried")
                        .routeConfigurationId("retried")
                        .process(ErrorsRoutesTest.this::fail);
                    from("direct:x-callers")
                        .routeId("x-callers")
                        .routeConfigurationId("to-caller")
                        .process(ErrorsRoutesTest.this::fail);
                  }
                })
            .start();
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  private void fail(Exchange exchange) {
    tries.incrementAndGet();
    throw new IllegalStateException("no");
  }

  @Test
  void retriedIsTriedThreeTimesMoreAndThenCountsAsFailed() {
    Exchange done = routes.send("x-retried", "work");
    assertThat(done.getException()).as("handled").isNull();
    assertThat(tries).hasValue(4);
    assertThat(noted).hasValue(3);
    assertThat(routes.sentTo("direct:failed")).containsExactly("work");
    assertThat(tried).hasValue(1);
  }

  @Test
  void callersFailureIsNotHandledOnItsWay() {
    Exchange done = routes.send("x-callers", "work");
    assertThat(done.getException()).hasMessage("no");
    assertThat(done.getExchangeExtension().isRedeliveryExhausted()).isFalse();
    assertThat(tries).hasValue(1);
  }
}
