package io.netpol.route;

import java.util.List;

/**
 * The part of a payload that a dead letter has room for: whole lines, around the failing one.
 *
 * @param text the lines
 * @param cut which lines of how many these are; null where it is all of them
 */
record PayloadExcerpt(String text, String cut) {

  /**
   * Cuts a payload where it is too long.
   *
   * @param line the failing line, from 1; 0 where none is known, and then the start is kept
   * @param most the most characters; of a failing line that is longer its start is kept
   */
  static PayloadExcerpt of(String payload, int line, int most) {
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
