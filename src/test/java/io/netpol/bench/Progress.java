package io.netpol.bench;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Prints what is being done, again and again, on standard error. */
final class Progress implements AutoCloseable {

  private static final int EVERY_SECONDS = 15;

  private final long start = System.nanoTime();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private volatile String doing;

  Progress(String doing) {
    this.doing = doing;
    timer.scheduleAtFixedRate(this::print, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
  }

  void doing(String what) {
    doing = what;
  }

  private void print() {
    System.err.printf("bench: %d s: %s%n", (System.nanoTime() - start) / 1_000_000_000, doing);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
