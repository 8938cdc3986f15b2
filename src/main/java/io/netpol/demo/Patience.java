package io.netpol.demo;

import java.time.Duration;

/**
 * Decides when an answer is no longer to be expected: when none of the flows that are measured
 * together has moved for a while.
 *
 * <p>A busy machine delays all answers; what it delays is not denied.
 */
final class Patience {
  /** However much goes on, a measurement ends after so many times the quiet period. */
  private static final int LONGEST = 20;

  private final long quietNanos;
  private final long start = System.nanoTime();
  private volatile long lastActivity = start;

  Patience(Duration quiet) {
    quietNanos = quiet.toNanos();
  }

  void activity() {
    lastActivity = System.nanoTime();
  }

  /** Returns how many milliseconds to wait for the next answer, 0 if it is time to give up. */
  long millisLeft() {
    long now = System.nanoTime();
    long untilQuiet = lastActivity + quietNanos - now;
    long untilEnd = start + LONGEST * quietNanos - now;
    long left = Math.min(untilQuiet, untilEnd);
    return left <= 0 ? 0 : left / 1_000_000 + 1;
  }
}
