package io.netpol.route;

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

/** A batch ends soon if the agent is idle, and has everything that arrived during a sync. */
class BatchWindowTest {

  private static final Duration LEAST = Duration.ofMillis(5);
  private static final Duration MOST = Duration.ofMillis(50);

  private final ManualTimer timer = new ManualTimer();
  private final AtomicLong now = new AtomicLong();
  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final Semaphore applies = new Semaphore(0);
  private final DefaultCamelContext context = new DefaultCamelContext();
  private ProducerTemplate template;

  /** The endpoint to which each sync sends its exchange at its end; null for none. */
  private volatile String queue;

  /** Ends the batch interval when the test decides, and returns its length. */
  private static final class ManualTimer extends ScheduledThreadPoolExecutor {

    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private volatile Duration delay;

    ManualTimer() {
      super(1);
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
        task.run();
      }
    }

    /** Waits until something is scheduled, runs it, and returns its delay. */
    Duration fire() throws InterruptedException {
      tasks.take().run();
      return delay;
    }
  }

  @BeforeEach
  void start() throws Exception {
    BatchWindow window = new BatchWindow(timer, "one", LEAST, MOST, now::get);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:due")
                .aggregate(constant("one"), BatchWindowTest::add)
                .aggregateController(window)
                .completionInterval(TimeUnit.HOURS.toMillis(1))
                .executorService(executor)
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
    executor.shutdownNow();
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
      template.sendBody("direct:due", 1);
    }
  }

  @Test
  void eventsDuringASyncAreOneBatch() throws Exception {
    send(1);
    assertThat(timer.fire()).isEqualTo(LEAST);
    Eventually.holds("a sync", () -> batches.equals(List.of(1)));
    send(500);
    assertThat(timer.tasks).as("nothing is scheduled while one is under way").isEmpty();
    applies.release();
    timer.fire();
    Eventually.holds("the next", () -> batches.equals(List.of(1, 500)));
    applies.release();
  }

  /** At most half of the time goes into syncs. */
  @ParameterizedTest
  @CsvSource({"1, 5", "30, 30", "200, 50"})
  void batchIntervalAfterABusySyncIsAsLongAsTheSync(long tookMillis, long nextMillis)
      throws Exception {
    send(1);
    timer.fire();
    Eventually.holds("a sync", () -> batches.size() == 1);
    send(1);
    now.addAndGet(TimeUnit.MILLISECONDS.toNanos(tookMillis));
    applies.release();
    assertThat(timer.fire()).isEqualTo(Duration.ofMillis(nextMillis));
    Eventually.holds("the next", () -> batches.size() == 2);
    applies.release();
  }

  @Test
  void failedSyncDoesNotDelayTheNext() throws Exception {
    template.send("direct:due", exchange -> exchange.getMessage().setBody("no number"));
    timer.fire();
    template.sendBody("direct:due", 2);
    // A batch interval that ends while the first sync is still failing is repeated after it.
    Eventually.holds(
        "the next",
        () -> {
          timer.fireAll();
          return batches.equals(List.of(2));
        });
    applies.release();
  }

  /**
   * The consumer of a queue may take long for the exchange of a sync: the next sync begins
   * meanwhile.
   */
  @Test
  void consumerOfAQueueDoesNotDelayTheNextSync() throws Exception {
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
    Eventually.holds("a sync", () -> batches.size() == 1);
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
