package io.netpol.kubernetes;

import java.time.Duration;

/** When a loop came round last. */
final class Heartbeat {

  private static final long STOPPED = 0;

  private volatile long nanos = STOPPED;

  /** The loop has come round. */
  void beat() {
    nanos = System.nanoTime() | 1; // never the mark of one that is stopped
  }

  /** The loop was asked to end, and has. */
  void stop() {
    nanos = STOPPED;
  }

  /** Returns how long ago it came round; zero where it is stopped. */
  Duration age() {
    long last = nanos;
    return last == STOPPED ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - last);
  }
}
