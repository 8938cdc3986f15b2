package io.netpol.observe.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.observe.ApplyExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheck.State;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopHealthTest {

  private static final Duration LIMIT = Duration.ofMillis(300);

  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final AtomicLong now = new AtomicLong();
  private final ApplyExecutor executor = new ApplyExecutor(thread, now::get);
  private final DefaultCamelContext context = new DefaultCamelContext();
  private final LoopHealth health = new LoopHealth(executor, LIMIT);
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);

  LoopHealthTest() {
    health.setCamelContext(context);
  }

  @AfterEach
  void stop() {
    end.countDown();
    thread.shutdownNow();
    context.stop();
  }

  @Test
  void idleExecutorIsAliveHoweverLongItIsIdle() throws Exception {
    executor.submit(() -> {}).get();
    idle();
    passes(LIMIT.multipliedBy(2));
    assertThat(call().getState()).isEqualTo(State.UP);
    assertThat(health.isLiveness()).isTrue();
    assertThat(health.isReadiness()).isFalse();
  }

  @Test
  void syncWithoutProgressIsDownAndUpAgainAfterwards() throws Exception {
    executor.execute(this::waitForTheEnd);
    executor.execute(() -> {}); // is pending, and not taken
    begun.await();
    passes(LIMIT);
    assertThat(call().getState()).isEqualTo(State.UP);
    passes(Duration.ofMillis(1));
    assertThat(call().getState()).isEqualTo(State.DOWN);
    assertThat(call().getMessage().orElseThrow()).contains("a sync has made no progress");
    end.countDown();
    executor.submit(() -> {}).get();
    assertThat(call().getState()).isEqualTo(State.UP);
  }

  @Test
  void longSyncWithStepsIsAlive() throws Exception {
    var steps = executor.steps();
    ExchangeEvent step =
        new org.apache.camel.impl.event.ExchangeSendingEvent(new DefaultExchange(context), null);
    var apply =
        executor.submit(
            () -> {
              for (int i = 0; i < 20; i++) {
                passes(LIMIT.dividedBy(6));
                steps.notify(step);
              }
              return executor.stuck();
            });
    assertThat(apply.get()).isZero();
  }

  @Test
  void syncIsPendingUntilItIsDoneWhateverItsSteps() throws Exception {
    assertThat(executor.pendingFor()).isZero();
    executor.execute(this::waitForTheEnd);
    var last = executor.submit(() -> {});
    passes(LIMIT);
    assertThat(executor.pendingFor()).isEqualTo(LIMIT);
    assertThat(executor.waiting()).isEqualTo(2);
    end.countDown();
    last.get();
    idle();
    assertThat(executor.pendingFor()).isZero();
  }

  @Test
  void stepOfARouteCountsAsProgress() throws Exception {
    context.getManagementStrategy().addEventNotifier(executor.steps());
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:apply").to("direct:step");
            from("direct:step").process(exchange -> exchange.setProperty("stuck", stuckLong()));
          }
        });
    context.start();
    var stuck =
        executor.submit(
            () -> {
              passes(LIMIT);
              Duration before = executor.stuck();
              Exchange stepped =
                  context.createProducerTemplate().send("direct:apply", exchange -> {});
              return List.of(before.toNanos(), stepped.getProperty("stuck", Long.class));
            });
    assertThat(stuck.get()).containsExactly(LIMIT.toNanos(), 0L);
  }

  private void passes(Duration time) {
    now.addAndGet(time.toNanos());
  }

  /** Waits until no sync runs: its result is available a moment before its end. */
  private void idle() {
    while (executor.waiting() > 0) {
      Thread.onSpinWait();
    }
  }

  private long stuckLong() {
    return executor.stuck().toNanos();
  }

  private void waitForTheEnd() {
    begun.countDown();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private HealthCheck.Result call() {
    return health.call(Map.of());
  }
}
