package io.netpol.route.apply;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.processor.aggregate.DefaultAggregateController;

/**
 * Ends the batch of the node: at once if the agent was idle, later if syncs take long, and never
 * while one runs. Load makes larger batches, not a queue. Thread-safe.
 */
public final class BatchWindow extends DefaultAggregateController {

  /**
   * How long nothing is added before the batch ends: the requests that one interval of the pods'
   * aggregate completes are added one by one, and belong together.
   */
  static final Duration SETTLE = Duration.ofMillis(1);

  /** How long the batch settles at most, however much is added. */
  private static final Duration MOST_SETTLING = Duration.ofMillis(10);

  private final ScheduledExecutorService timer;
  private final String group;
  private final Duration longest;
  private final LongSupplier nanoTime;

  @GuardedBy("this")
  private boolean gathered;

  /** When something was added to the batch first and last, by {@link System#nanoTime()}. */
  @GuardedBy("this")
  private long first;

  @GuardedBy("this")
  private long last;

  @GuardedBy("this")
  private boolean scheduled;

  @GuardedBy("this")
  private int underWay;

  @GuardedBy("this")
  private Duration next;

  /**
   * Creates the controller of the node's aggregate.
   *
   * @param group the aggregate's correlation key
   * @param longest the longest wait after a sync, if that took as long or longer
   */
  public BatchWindow(ScheduledExecutorService timer, String group, Duration longest) {
    this(timer, group, longest, System::nanoTime);
  }

  /** Creates it with a clock like {@link System#nanoTime}. */
  BatchWindow(
      ScheduledExecutorService timer, String group, Duration longest, LongSupplier nanoTime) {
    this.timer = timer;
    this.group = group;
    this.longest = longest;
    this.nanoTime = nanoTime;
    this.next = SETTLE;
  }

  /** Notes that something was added to the batch. */
  public synchronized void arrived() {
    last = nanoTime.getAsLong();
    if (!gathered) {
      first = last;
    }
    gathered = true;
    schedule();
  }

  /** Notes that the batch in the exchange is about to be applied; its completion is noted, too. */
  public synchronized void started(Exchange exchange) {
    underWay++;
    long start = nanoTime.getAsLong();
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new OwnCompletion() {
              @Override
              public void onDone(Exchange done) {
                finished(Duration.ofNanos(nanoTime.getAsLong() - start));
              }
            });
  }

  private synchronized void finished(Duration took) {
    underWay--;
    // As long as the sync took, so that at most half of the time goes into syncs.
    boolean busy = gathered;
    next =
        !busy || took.compareTo(SETTLE) < 0 ? SETTLE : took.compareTo(longest) > 0 ? longest : took;
    if (busy) {
      schedule();
    }
  }

  /** Returns whether the next batch has something in it. */
  public synchronized boolean isGathering() {
    return gathered;
  }

  /** Returns how long the next batch waits before it ends. */
  public synchronized Duration next() {
    return next;
  }

  @GuardedBy("this")
  private void schedule() {
    if (!scheduled && underWay == 0) {
      scheduled = true;
      timer.schedule(this::close, next.toNanos(), TimeUnit.NANOSECONDS);
      next = SETTLE;
    }
  }

  private void close() {
    synchronized (this) {
      scheduled = false;
      if (underWay > 0) {
        return; // finished() schedules again
      }
      long now = nanoTime.getAsLong();
      if (now - last < SETTLE.toNanos() && now - first < MOST_SETTLING.toNanos()) {
        schedule();
        return;
      }
      gathered = false;
    }
    forceCompletionOfGroup(group);
  }
}
