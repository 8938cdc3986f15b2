package io.netpol.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Splits the output of {@code iptables-save} and {@code ipset save} into lines. Comments and log
 * prefixes of other programs may contain line feeds, which both print unescaped: a line ends at a
 * line feed outside quotes (libxtables, xtables_save_string).
 */
public final class SavedLines {

  /** The number of characters of an invalid line in a message. */
  private static final int SHOWN = 120;

  private SavedLines() {}

  /**
   * Returns the lines without their line feeds.
   *
   * @param subject what is listed, for the error
   * @param beforeNames the words before a name, in which a leading quote is an ordinary character
   * @throws UnreadableListing if the text ends within a line or within quotes
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

  /** Returns the index of the line feed that ends the line; negative if there is none. */
  public static int end(String saved, int start, Set<String> beforeNames) {
    int first = start; // never searches beyond the line: there are a hundred thousand of them
    while (first < saved.length() && saved.charAt(first) != '"') {
      if (saved.charAt(first) == '\n') {
        return first; // nearly always there are no quotes in the line
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

  /**
   * Returns whether a quote opens a quoted text: within a word, and at the start of a name, it does
   * not.
   */
  private static boolean opensQuotes(String saved, int start, int at, Set<String> beforeNames) {
    return at > start
        && saved.charAt(at - 1) == ' '
        && beforeNames.stream().noneMatch(word -> saved.startsWith(word, at - word.length()));
  }

  /** Returns a line for a message, quoted and truncated. */
  public static String shown(String line) {
    return "\"" + (line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "…") + "\"";
  }
}
