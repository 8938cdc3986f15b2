package io.netpol.kubernetes;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Says how long to wait before a request is repeated: not at all at first, then twice as long each
 * time, with a random part, so that the agents of a cluster do not come all at once.
 *
 * <p>One thread uses it.
 */
final class Backoff {

  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** The longest wait for a server that is away, while it has been away for less than 8 times. */
  private static final Duration AWAY = Duration.ofSeconds(1);

  private static final int PART_OF_OUTAGE = 8;
  private static final int MOST_DOUBLINGS = 20;

  private final LongSupplier nanoTime;
  private final DoubleSupplier random;

  private int failures;
  private boolean wasAway;
  private long firstFailure;

  /**
   * Makes one without failures.
   *
   * @param nanoTime as {@link System#nanoTime}
   * @param random returns a number from 0 to below 1
   */
  Backoff(LongSupplier nanoTime, DoubleSupplier random) {
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /** Records that it works. */
  void reset() {
    failures = 0;
  }

  /**
   * Returns the wait after a failure.
   *
   * @param away whether the server could not be reached: asking costs it nothing, and what it says
   *     when it is back is a failure of another kind
   * @param least what the server asks for
   */
  Duration next(boolean away, Duration least) {
    if (failures == 0 || away && !wasAway) {
      firstFailure = nanoTime.getAsLong();
    }
    if (away != wasAway) {
      failures = 0;
    }
    wasAway = away;
    long nanos = FIRST.toNanos() << Math.min(failures, MOST_DOUBLINGS);
    failures++;
    if (away) {
      long outage = nanoTime.getAsLong() - firstFailure;
      nanos = Math.min(nanos, Math.max(AWAY.toNanos(), outage / PART_OF_OUTAGE));
    }
    nanos = Math.min(nanos, LONGEST.toNanos());
    if (nanos < least.toNanos()) {
      // Never earlier than asked for, and not all at that moment.
      return least.plusNanos((long) (least.toNanos() * random.getAsDouble() / 4));
    }
    return Duration.ofNanos((long) (nanos * (0.5 + random.getAsDouble() / 2)));
  }
}
