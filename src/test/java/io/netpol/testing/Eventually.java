package io.netpol.testing;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Waits for what must come about, however slow the machine is.
 *
 * <p>The bound only ends a test that is wrong. No test may be right or wrong by how long something
 * took.
 */
public final class Eventually {

  /** How long a test waits for what never comes; one that is right ends long before. */
  public static final Duration BOUND = Duration.ofMinutes(10);

  private static final long POLL_MILLIS = 20;

  private Eventually() {}

  /** Looks again and again until a condition holds. */
  public static void holds(String what, Callable<Boolean> condition) throws Exception {
    holds(() -> what, condition);
  }

  /**
   * Looks again and again until a condition holds.
   *
   * @param what says what did not come about, and what is there instead
   */
  public static void holds(Callable<String> what, Callable<Boolean> condition) throws Exception {
    long start = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - start > BOUND.toNanos()) {
        throw new AssertionError("did not come about: " + what.call());
      }
      Thread.sleep(POLL_MILLIS);
    }
  }
}
