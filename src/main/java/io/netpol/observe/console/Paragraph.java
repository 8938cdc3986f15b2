package io.netpol.observe.console;

/** Wraps text for a terminal of 80 columns. A word is never broken, so that it can be copied. */
public final class Paragraph {

  private static final int WIDTH = 80;

  private Paragraph() {}

  /** Returns words after a start, on as many lines as they need, each ended by a newline. */
  public static String of(String start, String words) {
    return of(start, start.length(), words);
  }

  /**
   * Returns words after a start, on as many lines as they need, each ended by a newline.
   *
   * @param indent the blanks before each line but the first
   */
  static String of(String start, int indent, String words) {
    StringBuilder text = new StringBuilder();
    StringBuilder line = new StringBuilder(start);
    boolean first = true;
    for (String word : words.split(" ")) {
      if (!first && line.length() + 1 + word.length() > WIDTH) {
        text.append(line).append('\n');
        line = new StringBuilder(" ".repeat(indent));
        first = true;
      }
      line.append(first ? "" : " ").append(word);
      first = false;
    }
    return text.append(line).append('\n').toString();
  }
}
