package io.netpol.kubernetes;

import java.time.Duration;

/** Records when a loop last iterated. Thread-safe. */
final class Heartbeat {

  private static final long STOPPED = 0;

  private volatile long nanos = STOPPED;

  /** Records an iteration. */
  void beat() {
    nanos = System.nanoTime() | 1; // never the value that marks a stopped loop
  }

  /** Records that the loop has stopped as requested. */
  void stop() {
    nanos = STOPPED;
  }

  /** Returns the time since the last iteration; zero if the loop is stopped. */
  Duration age() {
    long last = nanos;
    return last == STOPPED ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - last);
  }
}
