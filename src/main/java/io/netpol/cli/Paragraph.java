package io.netpol.cli;

import java.io.PrintWriter;

/** Text in lines of at most 80 characters. */
final class Paragraph {

  private static final int WIDTH = 80;

  private Paragraph() {}

  /** Prints words after a start, and goes on below the first word where the line is full. */
  static void print(PrintWriter out, String start, String words) {
    StringBuilder line = new StringBuilder(start);
    boolean first = true;
    for (String word : words.split(" ")) {
      if (!first && line.length() + 1 + word.length() > WIDTH) {
        out.println(line);
        line = new StringBuilder(" ".repeat(start.length()));
        first = true;
      }
      line.append(first ? "" : " ").append(word);
      first = false;
    }
    out.println(line);
  }
}
