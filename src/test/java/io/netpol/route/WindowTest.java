package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The window closes soon where the agent is idle, and once for all that came during an apply. */
class WindowTest {

  private static final int APPLY_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 10_000;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService applier = Executors.newSingleThreadExecutor();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final DefaultCamelContext context = new DefaultCamelContext();

  @BeforeEach
  void start() throws Exception {
    Window window = new Window(timer, "one", Duration.ofMillis(5), Duration.ofMillis(50));
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:due")
                .aggregate(constant("one"), WindowTest::add)
                .aggregateController(window)
                .completionInterval(60_000)
                .executorService(applier)
                .bean(window, "started")
                .process(WindowTest.this::apply)
                .end()
                .bean(window, "arrived");
          }
        });
    context.start();
  }

  @AfterEach
  void stop() {
    context.stop();
    timer.shutdownNow();
    applier.shutdownNow();
  }

  private static Exchange add(Exchange gathered, Exchange next) {
    if (gathered == null) {
      return next;
    }
    int sum = gathered.getMessage().getBody(int.class) + next.getMessage().getBody(int.class);
    gathered.getMessage().setBody(sum);
    return gathered;
  }

  private void apply(Exchange exchange) throws InterruptedException {
    batches.add(exchange.getMessage().getBody(int.class));
    Thread.sleep(APPLY_MILLIS);
  }

  @Test
  void whatComesDuringAnApplyIsOneBatch() throws Exception {
    try (var template = context.createProducerTemplate()) {
      template.sendBody("direct:due", 1);
      eventually(1);
      for (int i = 0; i < 500; i++) {
        template.sendBody("direct:due", 1);
      }
      eventually(501);
    }
    assertThat(batches.get(0)).isEqualTo(1);
    // A machine that is slow to send them may let a second batch begin.
    assertThat(batches).hasSizeLessThanOrEqualTo(4);
  }

  @Test
  void failedApplyDoesNotHoldTheNext() throws Exception {
    try (var template = context.createProducerTemplate()) {
      template.send("direct:due", exchange -> exchange.getMessage().setBody("no number"));
      Thread.sleep(100);
      template.sendBody("direct:due", 2);
      eventually(2);
    }
  }

  private void eventually(int sum) throws InterruptedException {
    long end = System.currentTimeMillis() + PATIENCE_MILLIS;
    while (batches.stream().mapToInt(Integer::intValue).sum() < sum) {
      assertThat(System.currentTimeMillis()).as("batches: " + batches).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
