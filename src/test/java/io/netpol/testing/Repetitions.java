package io.netpol.testing;

/** How often long tests repeat what they do. */
public final class Repetitions {

  private static final int ALL = 100;

  private Repetitions() {}

  /** So many, or with {@code -Dnetpol.test.percent} that part of them, but one at least. */
  public static int of(int number) {
    return of(number, 1);
  }

  /** The same, with as many at least as the test needs to show anything. */
  public static int of(int number, int least) {
    return Math.max(least, number * Integer.getInteger("netpol.test.percent", ALL) / ALL);
  }
}
