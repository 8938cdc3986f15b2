package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.processor.aggregate.DefaultAggregateController;

/**
 * Decides when the aggregate's batch is applied: soon if the agent was idle, later if syncs take
 * long, and never while one runs. Load makes larger batches, not a queue. Thread-safe.
 */
public final class BatchWindow extends DefaultAggregateController {

  private final ScheduledExecutorService timer;
  private final String group;
  private final Duration shortest;
  private final Duration longest;
  private final LongSupplier nanoTime;

  @GuardedBy("this")
  private boolean gathered;

  @GuardedBy("this")
  private boolean scheduled;

  @GuardedBy("this")
  private int underWay;

  @GuardedBy("this")
  private Duration next;

  /**
   * Creates the batch interval of the agent's aggregate.
   *
   * @param group the aggregate's correlation key
   * @param shortest the batch interval of an idle agent
   * @param longest the longest batch interval, after a sync that took as long or longer
   */
  public BatchWindow(
      ScheduledExecutorService timer, String group, Duration shortest, Duration longest) {
    this(timer, group, shortest, longest, System::nanoTime);
  }

  /** Creates it with a clock like {@link System#nanoTime}. */
  BatchWindow(
      ScheduledExecutorService timer,
      String group,
      Duration shortest,
      Duration longest,
      LongSupplier nanoTime) {
    this.timer = timer;
    this.group = group;
    this.shortest = shortest;
    this.longest = longest;
    this.nanoTime = nanoTime;
    this.next = shortest;
  }

  /** Notes that something was added to the batch. */
  public synchronized void arrived() {
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
        !busy || took.compareTo(shortest) < 0
            ? shortest
            : took.compareTo(longest) > 0 ? longest : took;
    if (busy) {
      schedule();
    }
  }

  /** Returns whether the next batch has something in it. */
  public synchronized boolean isGathering() {
    return gathered;
  }

  /** Returns the next batch interval. */
  public synchronized Duration next() {
    return next;
  }

  @GuardedBy("this")
  private void schedule() {
    if (!scheduled && underWay == 0) {
      scheduled = true;
      timer.schedule(this::close, next.toNanos(), TimeUnit.NANOSECONDS);
      next = shortest;
    }
  }

  private void close() {
    synchronized (this) {
      scheduled = false;
      if (underWay > 0) {
        return; // finished() schedules again
      }
      gathered = false;
    }
    forceCompletionOfGroup(group);
  }
}
