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
 * The thread that applies, with a note of when it last got on.
 *
 * <p>An apply that the kernel refuses is split and takes its time; each command that it starts and
 * each that ends is progress.
 */
public final class ApplyExecutor extends AbstractExecutorService {

  private final ExecutorService executor;
  private final LongSupplier nanoTime;
  private final AtomicInteger waiting = new AtomicInteger();

  /** When each apply that is not done became due, the oldest first. */
  private final Queue<Long> due = new ConcurrentLinkedQueue<>();

  private volatile Thread running;
  private volatile long progress;

  /**
   * An applier on an executor.
   *
   * @param executor with one thread, so that no two applies run at a time
   */
  public ApplyExecutor(ExecutorService executor) {
    this(executor, System::nanoTime);
  }

  /** The same with a clock like {@link System#nanoTime}. */
  ApplyExecutor(ExecutorService executor, LongSupplier nanoTime) {
    this.executor = executor;
    this.nanoTime = nanoTime;
  }

  @Override
  public void execute(Runnable apply) {
    if (waiting.getAndIncrement() == 0) {
      progress = nanoTime.getAsLong();
    }
    Long now = nanoTime.getAsLong();
    due.add(now);
    try {
      executor.execute(() -> run(apply));
    } catch (RuntimeException e) {
      due.remove(now);
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
      due.poll();
      waiting.decrementAndGet();
    }
  }

  /** How long the oldest apply that is not done has been due; zero where all are done. */
  Duration overdue() {
    Long oldest = due.peek();
    return oldest == null ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - oldest);
  }

  /** How long what is due has not got on; zero where nothing is due. */
  Duration stuck() {
    long last = progress;
    return waiting.get() == 0 ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - last);
  }

  /** How many applies run or wait. */
  int waiting() {
    return waiting.get();
  }

  /** To be told of what routes do, so that each step of an apply counts as progress. */
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
    // All is ignored unless asked for.
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
