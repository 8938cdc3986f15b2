package io.netpol.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Splits what {@code iptables-save} and {@code ipset save} print into lines. A comment or log
 * prefix of somebody else's may hold line feeds, which both print as they are: a line ends at a
 * line feed outside of quotes (libxtables, xtables_save_string).
 */
public final class SavedLines {

  /** Of a line that is not understood, so much is shown. */
  private static final int SHOWN = 120;

  private SavedLines() {}

  /**
   * Returns the lines without their line feeds.
   *
   * @param subject what was listed, for the error
   * @param beforeNames what stands before a name, of which a quote in front is a part
   * @throws UnreadableListing if the text ends inside a line or inside quotes
   */
  public static List<String> of(String subject, String saved, Set<String> beforeNames) {
    List<String> lines = new ArrayList<>();
    for (int start = 0; start < saved.length(); ) {
      int end = end(saved, start, beforeNames);
      if (end < 0) {
        throw new UnreadableListing(
            subject, "it ends in the middle of the line " + shown(saved.substring(start)), "");
      }
      lines.add(saved.substring(start, end));
      start = end + 1;
    }
    return lines;
  }

  /** Returns the line feed that ends the line which begins here; negative where none does. */
  public static int end(String saved, int start, Set<String> beforeNames) {
    int first = start; // never looks beyond the line: there are a hundred thousand of them
    while (first < saved.length() && saved.charAt(first) != '"') {
      if (saved.charAt(first) == '\n') {
        return first; // as nearly always: no quotes in the line
      }
      first++;
    }
    boolean quoted = false;
    for (int i = first; i < saved.length(); i++) {
      char c = saved.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"' && (quoted || opensQuotes(saved, start, i, beforeNames))) {
        quoted = !quoted;
      } else if (c == '\n' && !quoted) {
        return i;
      }
    }
    return -1;
  }

  /** Returns a quote inside a word, or at the start of a name, is a part of it. */
  private static boolean opensQuotes(String saved, int start, int at, Set<String> beforeNames) {
    return at > start
        && saved.charAt(at - 1) == ' '
        && beforeNames.stream().noneMatch(word -> saved.startsWith(word, at - word.length()));
  }

  /** Returns a line as an error shows it: in quotes, and not too long. */
  public static String shown(String line) {
    return "\"" + (line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…") + "\"";
  }
}
