package io.netpol.cli;

/** What the terminal that reads our output can do. */
final class Terminal {

  private Terminal() {}

  /** Whether somebody looks at a terminal that shows colours, and has not asked for none. */
  static boolean hasColour() {
    String term = System.getenv("TERM");
    return System.console() != null
        && term != null
        && !term.equals("dumb")
        && System.getenv("NO_COLOR") == null; // https://no-color.org
  }
}
