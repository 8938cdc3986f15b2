package io.netpol.testing;

import java.util.Locale;

/** What tests measure: lines that {@code ./dev test --long} shows at its end. */
public final class Figures {

  /** What such a line begins with in the output of a test. */
  private static final String MARK = "figure: ";

  private Figures() {}

  /** Prints one line, as {@link String#format} makes it. */
  public static void print(String format, Object... values) {
    System.out.println(MARK + String.format(Locale.ROOT, format, values));
  }
}
