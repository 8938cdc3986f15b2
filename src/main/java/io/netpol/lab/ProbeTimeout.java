package io.netpol.lab;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Decides when an answer is no longer to be expected: when none of the flows that are measured
 * together has moved for a while.
 *
 * <p>A busy machine delays all answers; what it delays is not denied. So the while is counted in
 * turns that this process got, each worth a moment at most: who waits is to wait for {@link
 * #POLL_MILLIS} at a time, and a machine that let the process wait longer has let those who answer
 * wait too.
 */
final class ProbeTimeout {

  /** How long to wait before {@link #millisLeft} is asked again. */
  static final long POLL_MILLIS = 10;

  /** What a turn counts for at most: one that comes in time counts in full. */
  private static final long TURN_NANOS = 2 * POLL_MILLIS * 1_000_000;

  /** However much goes on, a measurement ends after so many times the quiet period. */
  private static final int LONGEST = 20;

  private final long quietNanos;
  private final LongSupplier nanoTime;
  private long lastAsked;
  private long passed;
  private long lastActivity;

  ProbeTimeout(Duration quiet) {
    this(quiet, System::nanoTime);
  }

  /** The same with a clock like {@link System#nanoTime}. */
  ProbeTimeout(Duration quiet, LongSupplier nanoTime) {
    this.quietNanos = quiet.toNanos();
    this.nanoTime = nanoTime;
    this.lastAsked = nanoTime.getAsLong();
  }

  synchronized void activity() {
    lastActivity = passed;
  }

  /** Returns how many milliseconds are left, 0 if it is time to give up. */
  synchronized long millisLeft() {
    long now = nanoTime.getAsLong();
    passed += Math.min(now - lastAsked, TURN_NANOS);
    lastAsked = now;
    long untilQuiet = lastActivity + quietNanos - passed;
    long untilEnd = LONGEST * quietNanos - passed;
    long left = Math.min(untilQuiet, untilEnd);
    return left <= 0 ? 0 : left / 1_000_000 + 1;
  }
}
