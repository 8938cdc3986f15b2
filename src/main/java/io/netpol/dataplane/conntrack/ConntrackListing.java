package io.netpol.dataplane.conntrack;

import io.netpol.dataplane.UnreadableListing;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@code conntrack -L} printed. Its exit status proves nothing: only where it says on
 * stderr how many connections it has shown, and these are all there, is the listing whole.
 */
public final class ConntrackListing {

  /** What every message of its own starts with, as {@code conntrack v1.4.7 (conntrack-tools): }. */
  private static final Pattern OWN = Pattern.compile("conntrack v\\S+ \\([^)]*\\): (.*)");

  private static final Pattern SHOWN = Pattern.compile("(\\d+) flow entries have been shown\\.");

  private ConntrackListing() {}

  /**
   * Hands each connection on as a line.
   *
   * @param said what it printed to stderr
   * @return how many there are
   * @throws UnreadableListing if it is not whole; the lines that were handed on are a part
   */
  public static int read(BufferedReader listed, String said, Consumer<String> each)
      throws IOException {
    int lines = 0;
    for (String line = listed.readLine(); line != null; line = listed.readLine()) {
      if (!line.isBlank()) {
        lines++;
        each.accept(line);
      }
    }
    List<String> own =
        said.lines().map(OWN::matcher).filter(Matcher::matches).map(m -> m.group(1)).toList();
    Matcher shown = SHOWN.matcher(own.size() == 1 ? own.get(0) : "");
    if (!shown.matches() || !shown.group(1).equals(Integer.toString(lines))) {
      String words = said.isBlank() ? "nothing" : said.strip().lines().findFirst().orElseThrow();
      throw new UnreadableListing(
          "the list of tracked connections",
          "conntrack printed " + lines + " of them and says: " + words,
          "");
    }
    return lines;
  }
}
