package io.netpol.dataplane.conntrack;

import io.netpol.dataplane.UnreadableListing;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the output of {@code conntrack -L}. The exit status proves nothing: the listing is complete
 * only if stderr reports the number of connections that were shown, and all of them are there.
 */
public final class ConntrackListing {

  /**
   * The prefix of all messages of conntrack, such as {@code conntrack v1.4.7 (conntrack-tools): }.
   */
  private static final Pattern OWN = Pattern.compile("conntrack v\\S+ \\([^)]*\\): (.*)");

  private static final Pattern SHOWN = Pattern.compile("(\\d+) flow entries have been shown\\.");

  private ConntrackListing() {}

  /**
   * Passes each connection to a consumer, as a line.
   *
   * @param said the standard error output
   * @return the number of connections
   * @throws UnreadableListing if the listing is incomplete; the lines that were passed on are a
   *     part of it
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
