package io.netpol.route.apply;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what an aggregate schedules at a fixed rate, but only while something is pending: an
 * interval of 5 ms would wake an idle node 200 times a second for nothing, 1.4 % of a core.
 * Thread-safe.
 */
public final class PendingTimer extends ScheduledThreadPoolExecutor {

  /**
   * How long a task goes on to run after the last request was added. Camel notes a key a moment
   * after its strategy has seen the request, and the interval looks at the keys without its lock.
   */
  private static final Duration REST = Duration.ofSeconds(1);

  /** At least so many runs, however long the interval is. */
  private static final int LEAST_RUNS = 3;

  private final Duration rest;
  private final List<Interval> intervals = new CopyOnWriteArrayList<>();

  /** Creates the timer with one thread. */
  public PendingTimer(ThreadFactory threads) {
    this(threads, REST);
  }

  /** Creates it with another time until it rests. */
  PendingTimer(ThreadFactory threads, Duration rest) {
    super(1, threads);
    this.rest = rest;
  }

  /** Notes that a request was added to an aggregate. */
  public void added() {
    for (Interval interval : intervals) {
      interval.start();
    }
  }

  /**
   * Registers a task to run every period while something is pending; the initial delay is ignored.
   */
  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    intervals.add(new Interval(task, unit.toNanos(period)));
    return super.schedule(() -> {}, 0, unit);
  }

  private final class Interval {

    private final Runnable task;
    private final long nanos;
    private final int most;
    private final AtomicInteger runs = new AtomicInteger();

    Interval(Runnable task, long nanos) {
      this.task = task;
      this.nanos = nanos;
      this.most = (int) Math.max(LEAST_RUNS, rest.toNanos() / nanos);
    }

    void start() {
      if (runs.getAndSet(most) == 0) {
        schedule();
      }
    }

    private void schedule() {
      if (!isShutdown()) {
        PendingTimer.this.schedule(this::run, nanos, TimeUnit.NANOSECONDS);
      }
    }

    private void run() {
      try {
        task.run();
      } finally {
        if (runs.decrementAndGet() > 0) {
          schedule();
        }
      }
    }
  }
}
