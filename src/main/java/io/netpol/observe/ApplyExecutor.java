package io.netpol.observe;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/**
 * Runs syncs on one thread, and measures their progress. Thread-safe.
 *
 * <p>A sync that the kernel refuses is split and takes long; each command that it starts and each
 * that ends counts as progress.
 */
public final class ApplyExecutor extends AbstractExecutorService {

  private final ExecutorService executor;
  private final LongSupplier nanoTime;
  private final AtomicInteger waiting = new AtomicInteger();

  /** When each sync that is not done was submitted, the oldest first. */
  private final Queue<Long> submitted = new ConcurrentLinkedQueue<>();

  private volatile Thread running;
  private volatile long progress;

  /**
   * Creates an executor on top of another.
   *
   * @param executor has one thread, so that no two syncs run at the same time
   */
  public ApplyExecutor(ExecutorService executor) {
    this(executor, System::nanoTime);
  }

  /** Creates an executor with a clock like {@link System#nanoTime}. */
  public ApplyExecutor(ExecutorService executor, LongSupplier nanoTime) {
    this.executor = executor;
    this.nanoTime = nanoTime;
  }

  @Override
  public void execute(Runnable apply) {
    if (waiting.getAndIncrement() == 0) {
      progress = nanoTime.getAsLong();
    }
    Long now = nanoTime.getAsLong();
    submitted.add(now);
    try {
      executor.execute(() -> run(apply));
    } catch (RuntimeException e) {
      submitted.remove(now);
      waiting.decrementAndGet();
      throw e;
    }
  }

  private void run(Runnable apply) {
    progress = nanoTime.getAsLong();
    running = Thread.currentThread();
    try {
      apply.run();
    } finally {
      running = null;
      progress = nanoTime.getAsLong();
      submitted.poll();
      waiting.decrementAndGet();
    }
  }

  /** Returns how long the oldest sync that is not done has been pending; zero if all are done. */
  public Duration pendingFor() {
    Long oldest = submitted.peek();
    return oldest == null ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - oldest);
  }

  /** Returns how long pending syncs have made no progress; zero if none is pending. */
  public Duration stuck() {
    long last = progress;
    return waiting.get() == 0 ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - last);
  }

  /** Returns the number of syncs that run or wait. */
  public int waiting() {
    return waiting.get();
  }

  /** Returns a listener of route events, which counts each step of a sync as progress. */
  public SimpleEventNotifierSupport steps() {
    SimpleEventNotifierSupport steps =
        new SimpleEventNotifierSupport() {
          @Override
          public void notify(CamelEvent event) {
            if (event instanceof ExchangeEvent && Thread.currentThread() == running) {
              progress = nanoTime.getAsLong();
            }
          }
        };
    // By default an event notifier ignores all events.
    steps.setIgnoreExchangeEvents(false);
    steps.setIgnoreExchangeSendingEvents(false);
    steps.setIgnoreExchangeSentEvents(false);
    steps.setIgnoreExchangeFailedEvents(false);
    steps.setIgnoreExchangeRedeliveryEvents(false);
    return steps;
  }

  @Override
  public void shutdown() {
    executor.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return executor.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return executor.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return executor.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return executor.awaitTermination(timeout, unit);
  }
}
