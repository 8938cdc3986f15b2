package io.netpol.route.deadletter;

import java.util.List;

/**
 * Selects the part of a payload that a dead letter has room for: whole lines around the failing
 * one.
 *
 * @param text the lines
 * @param lines which lines of how many, in words; null if {@code text} is the whole payload
 */
public record PayloadExcerpt(String text, String lines) {

  /**
   * Selects from a payload, or returns it whole if it is short enough.
   *
   * @param line the failing line, from 1; 0 if it is unknown, which keeps the start
   * @param most the length in characters; of a failing line that is longer its start is kept
   */
  public static PayloadExcerpt of(String payload, int line, int most) {
    if (payload.length() <= most) {
      return new PayloadExcerpt(payload, null);
    }
    List<String> lines = payload.lines().toList();
    int from = Math.min(Math.max(line, 1), lines.size()) - 1;
    int to = from + 1;
    int room = most - length(lines, from);
    boolean grown = true;
    while (grown) {
      grown = false;
      if (from > 0 && line > 0 && length(lines, from - 1) <= room) {
        from--;
        room -= length(lines, from);
        grown = true;
      }
      if (to < lines.size() && length(lines, to) <= room) {
        room -= length(lines, to);
        to++;
        grown = true;
      }
    }
    String text = String.join("\n", lines.subList(from, to)) + "\n";
    String which = to - from == 1 ? "line " + (from + 1) : "lines " + (from + 1) + " to " + to;
    boolean inside = text.length() > most;
    return new PayloadExcerpt(
        inside ? text.substring(0, most) : text,
        (inside ? "the start of " : "") + which + " of " + lines.size());
  }

  private static int length(List<String> lines, int index) {
    return lines.get(index).length() + 1;
  }
}
