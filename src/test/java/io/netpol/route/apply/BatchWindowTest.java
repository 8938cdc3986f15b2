package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The window closes soon where the agent is idle, and once for all that came during an apply. */
class BatchWindowTest {

  private static final Duration MOST = Duration.ofMillis(50);

  private final AtomicLong now = new AtomicLong();
  private final ManualTimer timer = new ManualTimer(now);
  private final ExecutorService applier = Executors.newSingleThreadExecutor();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final Semaphore applies = new Semaphore(0);
  private final DefaultCamelContext context = new DefaultCamelContext();
  private ProducerTemplate template;

  /** Where each apply sends itself on to at its end; null for nowhere. */
  private volatile String queue;

  /** Closes the window when the test says so, and tells how long the window was to be. */
  private static final class ManualTimer extends ScheduledThreadPoolExecutor {

    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final AtomicLong clock;
    private volatile Duration delay;

    ManualTimer(AtomicLong clock) {
      super(1);
      this.clock = clock;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long time, TimeUnit unit) {
      delay = Duration.of(time, unit.toChronoUnit());
      tasks.add(task);
      return null;
    }

    /** Runs what is scheduled, if anything is. */
    void fireAll() {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        clock.addAndGet(delay.toNanos());
        task.run();
      }
    }

    /** Waits until something is scheduled, runs it, and returns how long it was to wait. */
    Duration fire() throws InterruptedException {
      Runnable task = tasks.take();
      Duration waited = delay;
      clock.addAndGet(waited.toNanos());
      task.run();
      return waited;
    }
  }

  @BeforeEach
  void start() throws Exception {
    BatchWindow window = new BatchWindow(timer, "one", MOST, now::get);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:batch")
                .aggregate(constant("one"), BatchWindowTest::add)
                .aggregateController(window)
                .completionInterval(TimeUnit.HOURS.toMillis(1))
                .executorService(applier)
                .bean(window, "started")
                .process(BatchWindowTest.this::apply)
                .filter(exchange -> queue != null)
                .process(exchange -> exchange.setVariable("queue", queue))
                .toD("${variable.queue}")
                .end()
                .end()
                .bean(window, "arrived");
          }
        });
    context.start();
    template = context.createProducerTemplate();
  }

  @AfterEach
  void stop() {
    applies.release(1_000);
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

  /** Takes as long as the test says. */
  private void apply(Exchange exchange) throws InterruptedException {
    batches.add(exchange.getMessage().getBody(int.class));
    applies.acquire();
  }

  private void send(int events) {
    for (int i = 0; i < events; i++) {
      template.sendBody("direct:batch", 1);
    }
  }

  @Test
  void whatComesDuringAnApplyIsOneBatch() throws Exception {
    send(1);
    assertThat(timer.fire()).isEqualTo(BatchWindow.SETTLE);
    Eventually.holds("an apply", () -> batches.equals(List.of(1)));
    send(500);
    assertThat(timer.tasks).as("nothing is scheduled while one is under way").isEmpty();
    applies.release();
    timer.fire();
    Eventually.holds("the next", () -> batches.equals(List.of(1, 500)));
    applies.release();
  }

  @Test
  void whatIsAddedOneByOneIsOneBatch() throws Exception {
    long half = BatchWindow.SETTLE.toNanos() / 2;
    send(1);
    now.addAndGet(-half); // what is added next is half a settling younger when that ends
    timer.fire();
    send(1);
    timer.fire();
    Eventually.holds("an apply", () -> batches.equals(List.of(2)));
    applies.release();
  }

  @Test
  void whatNeverSettlesIsAppliedAllTheSame() throws Exception {
    send(1);
    for (int sent = 0; !timer.tasks.isEmpty() && sent < 1_000; sent++) {
      send(1);
      now.addAndGet(-BatchWindow.SETTLE.toNanos() / 2);
      timer.fire();
    }
    assertThat(timer.tasks).as("the batch has ended").isEmpty();
    Eventually.holds("an apply", () -> batches.size() == 1);
    applies.release();
  }

  /** At most half of the time goes into applying. */
  @ParameterizedTest
  @CsvSource({"1, 1", "30, 30", "200, 50"})
  void windowAfterABusyApplyIsAsLongAsThat(long tookMillis, long nextMillis) throws Exception {
    send(1);
    timer.fire();
    Eventually.holds("an apply", () -> batches.size() == 1);
    send(1);
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(tookMillis));
    applies.release();
    assertThat(timer.fire()).isEqualTo(Duration.ofMillis(nextMillis));
    Eventually.holds("the next", () -> batches.size() == 2);
    applies.release();
  }

  @Test
  void failedApplyDoesNotHoldTheNext() throws Exception {
    template.send("direct:batch", exchange -> exchange.getMessage().setBody("no number"));
    timer.fire();
    template.sendBody("direct:batch", 2);
    // While the first is still on its way to fail, a window that closes is closed again at its end.
    Eventually.holds(
        "the next",
        () -> {
          timer.fireAll();
          return batches.equals(List.of(2));
        });
    applies.release();
  }

  /**
   * What an apply hands to a queue may take as long as it likes: the next apply begins meanwhile.
   */
  @Test
  void whatAnApplyHandsToAQueueDoesNotHoldTheNext() throws Exception {
    Semaphore listener = new Semaphore(0);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("seda:listener").process(exchange -> listener.acquire());
          }
        });
    queue = "seda:listener?waitForTaskToComplete=Never";
    applies.release(2);
    send(1);
    timer.fire();
    Eventually.holds("an apply", () -> batches.size() == 1);
    Eventually.holds(
        "the next",
        () -> {
          send(1);
          timer.fireAll();
          return batches.size() > 1;
        });
    listener.release(100);
  }
}
