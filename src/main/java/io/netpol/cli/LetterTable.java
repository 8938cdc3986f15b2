package io.netpol.cli;

import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.LetterFolder;
import io.netpol.route.deadletter.LetterIds;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;

/** Writes dead letters as text for a terminal of 80 columns. */
final class LetterTable {

  /** How iptables and ipset begin: {@code iptables-restore v1.8.9 (nf_tables):}. */
  private static final Pattern PROGRAM = Pattern.compile("^\\S+ v[\\d.]+( \\([\\w-]+\\))?:\\s*");

  private static final int SUBJECT = 22;
  private static final int REASON = 25;

  /** How nft begins its complaint about a payload: {@code /dev/stdin:3:26-41: Error: }. */
  private static final Pattern PLACE =
      Pattern.compile("^/dev/stdin:(\\d+):\\d+(?:-\\d+)?: Error: ");

  private LetterTable() {}

  /** Returns the digest at the end of an id: short, and no other letter has it. */
  static String shortId(String id) {
    return LetterIds.digest(id);
  }

  /** Returns a heading, and a line for each letter. */
  static String of(List<LetterFolder.Entry> entries, Instant now) {
    if (entries.isEmpty()) {
      return "there are no dead letters\n";
    }
    TextTable table =
        TextTable.forColumns(
            Help.defaultColorScheme(Ansi.OFF),
            column(LetterIds.DIGEST + 2),
            column(SUBJECT + 2),
            column("TRIES".length() + 2),
            column("999m".length() + 2),
            column(REASON));
    table.addRowValues("ID", "FOR", "TRIES", "AGO", "REASON");
    for (LetterFolder.Entry entry : entries) {
      DeadLetter letter = entry.letter();
      if (letter == null) {
        table.addRowValues(shortId(entry.id()), "?", "", "", shortened(entry.problem(), REASON));
      } else {
        table.addRowValues(
            shortId(entry.id()),
            shortened(letter.subject(), SUBJECT),
            Integer.toString(letter.attempts()),
            letter.last() == null ? "" : age(Duration.between(letter.last(), now)),
            shortened(reason(letter), REASON));
      }
    }
    return table.toString();
  }

  /**
   * Returns what the tool said, where it said something: its command line alone would fill the
   * column.
   */
  private static String reason(DeadLetter letter) {
    boolean said = letter.stderr() != null && !letter.stderr().isBlank();
    if (!said) {
      return letter.error();
    }
    String text = PLACE.matcher(letter.stderr().strip()).replaceFirst("line $1: ");
    return PROGRAM.matcher(text).replaceFirst("");
  }

  private static Column column(int width) {
    return new Column(width, 0, Column.Overflow.TRUNCATE);
  }

  private static String shortened(String text, int most) {
    String plain = plain(text);
    return plain.length() <= most ? plain : plain.substring(0, most - 1) + "…";
  }

  /** Text from outside moves no cursor. */
  private static String plain(String text) {
    return text == null ? "" : text.replaceAll("\\p{Cntrl}+", " ");
  }

  private static String age(Duration age) {
    long seconds = Math.max(age.toSeconds(), 0);
    if (seconds < 100) {
      return seconds + "s";
    }
    if (age.toMinutes() < 100) {
      return age.toMinutes() + "m";
    }
    return age.toHours() < 100 ? age.toHours() + "h" : age.toDays() + "d";
  }

  /** Returns all of a letter, the payload last. */
  static String whole(DeadLetter letter) {
    StringBuilder text = new StringBuilder();
    line(text, "id", letter.id());
    line(text, "pods", String.join(", ", letter.pods()));
    line(text, "sets", String.join(", ", letter.sets()));
    line(text, "node", letter.node());
    line(text, "policies", String.join(", ", letter.policies()));
    line(text, "policy", unknown(letter));
    line(text, "because of", String.join(", ", letter.triggers()));
    line(text, "error", letter.error());
    line(
        text,
        "state",
        letter.state() == null
            ? null
            : letter.state().name().toLowerCase(Locale.ROOT).replace('_', ' '));
    line(text, "attempts", Integer.toString(letter.attempts()));
    line(text, "first", letter.first());
    line(text, "last", letter.last());
    line(text, "tool", letter.tool());
    line(text, "exit status", letter.exitStatus());
    line(text, "stderr", letter.stderr());
    line(text, "line " + letter.lineNumber(), letter.line());
    line(text, "agent", letter.agentVersion());
    line(text, "exchange", letter.exchangeId());
    if (letter.payload() != null) {
      String cut = letter.payloadCut() == null ? "" : " (" + letter.payloadCut() + ")";
      text.append("\npayload").append(plain(cut)).append(":\n");
      letter.payload().lines().forEach(line -> text.append(plain(line)).append('\n'));
    }
    return text.toString();
  }

  private static String unknown(DeadLetter letter) {
    if (letter.policyUnknown() == null) {
      return null;
    }
    String among =
        letter.candidates().isEmpty() ? "" : "; one of " + String.join(", ", letter.candidates());
    return "not known: " + letter.policyUnknown() + among;
  }

  private static void line(StringBuilder text, String name, Object value) {
    if (value != null && !value.toString().isEmpty()) {
      String indented = value.toString().strip().replace("\n", "\n             ");
      text.append(
          String.format(
              Locale.ROOT, "%-11s  %s%n", name, indented.replaceAll("[\\p{Cntrl}&&[^\\n]]+", " ")));
    }
  }
}
