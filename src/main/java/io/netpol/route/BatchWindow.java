package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.processor.aggregate.DefaultAggregateController;

/**
 * Says when what was gathered is applied: soon where the agent was idle, later where applies take
 * long, and never while one is under way. So load makes larger batches, and no queue.
 */
public final class BatchWindow extends DefaultAggregateController {

  private final ScheduledExecutorService timer;
  private final String group;
  private final Duration least;
  private final Duration most;
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
   * One for the aggregate of the agent.
   *
   * @param group the aggregate's correlation key
   * @param least how long events are gathered where the agent is idle
   * @param most how long at most, once an apply is done
   */
  public BatchWindow(ScheduledExecutorService timer, String group, Duration least, Duration most) {
    this(timer, group, least, most, System::nanoTime);
  }

  /** The same with a clock like {@link System#nanoTime}. */
  BatchWindow(
      ScheduledExecutorService timer,
      String group,
      Duration least,
      Duration most,
      LongSupplier nanoTime) {
    this.timer = timer;
    this.group = group;
    this.least = least;
    this.most = most;
    this.nanoTime = nanoTime;
    this.next = least;
  }

  /** Something was added to the aggregate. */
  public synchronized void arrived() {
    gathered = true;
    schedule();
  }

  /** What was gathered until now is about to be applied. */
  public synchronized void started(Exchange exchange) {
    underWay++;
    long start = nanoTime.getAsLong();
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new OwnCompletion() {
              @Override
              public void onDone(Exchange done) {
                ended(Duration.ofNanos(nanoTime.getAsLong() - start));
              }
            });
  }

  private synchronized void ended(Duration took) {
    underWay--;
    // As long again as the apply took: at most half of the time goes into applying.
    boolean busy = gathered;
    next = !busy || took.compareTo(least) < 0 ? least : took.compareTo(most) > 0 ? most : took;
    if (busy) {
      schedule();
    }
  }

  /** Whether something waits for the next apply. */
  public synchronized boolean isGathering() {
    return gathered;
  }

  /** How long the next window is. */
  public synchronized Duration next() {
    return next;
  }

  @GuardedBy("this")
  private void schedule() {
    if (!scheduled && underWay == 0) {
      scheduled = true;
      timer.schedule(this::close, next.toNanos(), TimeUnit.NANOSECONDS);
      next = least;
    }
  }

  private void close() {
    synchronized (this) {
      scheduled = false;
      if (underWay > 0) {
        return; // its end schedules again
      }
      gathered = false;
    }
    forceCompletionOfGroup(group);
  }
}
