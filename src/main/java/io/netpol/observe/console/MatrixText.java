package io.netpol.observe.console;

import io.netpol.analysis.matrix.Group;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixEntry;
import io.netpol.analysis.matrix.MatrixEntry.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** Writes a matrix as a table for people, in lines of at most 80 characters. */
public final class MatrixText {

  private static final int WIDTH = 80;
  private static final int MOST_NAME = 36;
  private static final int LISTED = 60;

  private final Matrix matrix;
  private final Ansi ansi;
  private final boolean members;
  private final StringBuilder text = new StringBuilder();

  private MatrixText(Matrix matrix, boolean colour, boolean members) {
    this.matrix = matrix;
    this.ansi = colour ? Ansi.ON : Ansi.OFF;
    this.members = members;
  }

  /**
   * Returns the text, each line ended by a newline.
   *
   * @param colour whether marks are coloured
   * @param members whether the members of groups are listed
   */
  public static String of(Matrix matrix, boolean colour, boolean members) {
    return new MatrixText(matrix, colour, members).write();
  }

  private String write() {
    List<Group> groups = matrix.groups();
    line("", "who reaches whom on " + matrix.query().words() + ": rows to columns");
    text.append(mark(State.ALLOWED)).append(" allowed   ").append(mark(State.SOME));
    text.append(" some of it   ").append(mark(State.DENIED)).append(" denied   ");
    text.append(mark(State.NONE)).append(" no policy has a say\n");
    if (groups.stream()
        .anyMatch(
            from -> groups.stream().anyMatch(to -> matrix.state(from, to) == State.AUDITED))) {
      text.append(mark(State.AUDITED)).append(" allowed, but denied if audited policies were");
      text.append(" enforced\n");
    }
    int digits = Integer.toString(groups.size()).length();
    int name =
        Math.min(MOST_NAME, groups.stream().mapToInt(g -> g.name().length()).max().orElse(0));
    int columns = (WIDTH - digits - 1 - name) / (digits + 1);
    for (int start = 0; start < groups.size(); start += columns) {
      text.append('\n');
      table(groups, start, Math.min(groups.size(), start + columns), digits, name);
    }
    some(groups);
    if (groups.stream().anyMatch(Group::isMerged)) {
      text.append('\n');
      line(
          "",
          matrix.distinct()
              + " distinct groups are collapsed; --namespace NAME expands those of a namespace.");
    }
    List<String> perhapsNodes = matrix.perhapsNodes();
    if (!perhapsNodes.isEmpty()) {
      text.append('\n');
      line(
          "",
          String.join(", ", perhapsNodes)
              + " may be local to a pod's own node, which the pod always reaches;"
              + " --node-address NODE=ADDRESS names such addresses.");
    }
    if (members) {
      text.append('\n');
      groups.forEach(
          group -> {
            if (group.members().size() > 1) {
              line(group.name() + ": ", String.join(", ", group.members()));
            }
          });
    }
    return text.toString();
  }

  private void table(List<Group> groups, int start, int end, int digits, int name) {
    text.append(" ".repeat(digits + 1 + name));
    for (int i = start; i < end; i++) {
      text.append(' ').append(right(i + 1, digits));
    }
    text.append('\n');
    for (int row = 0; row < groups.size(); row++) {
      Group from = groups.get(row);
      text.append(right(row + 1, digits)).append(' ');
      text.append(cut(from.name(), name));
      text.append(" ".repeat(Math.max(0, name - from.name().length())));
      for (int i = start; i < end; i++) {
        text.append(" ".repeat(digits)).append(mark(matrix.state(from, groups.get(i))));
      }
      text.append('\n');
    }
  }

  /** What is allowed where only some of it is. */
  private void some(List<Group> groups) {
    List<Map.Entry<String, String>> lines = new ArrayList<>();
    for (int from = 0; from < groups.size() && lines.size() <= LISTED; from++) {
      Map<String, List<String>> receivers = new LinkedHashMap<>();
      for (int to = 0; to < groups.size(); to++) {
        if (!groups.get(from).isMerged() && !groups.get(to).isMerged()) {
          MatrixEntry cell = matrix.cell(groups.get(from), groups.get(to));
          if (cell.state() == State.SOME) {
            receivers.computeIfAbsent(cell.allowed(), a -> new ArrayList<>()).add("" + (to + 1));
          }
        }
      }
      int sender = from + 1;
      receivers.forEach(
          (allowed, to) ->
              lines.add(
                  Map.entry(
                      State.SOME.mark() + " " + sender + " to ",
                      String.join(", ", to) + ": " + allowed)));
    }
    if (!lines.isEmpty()) {
      text.append('\n');
    }
    lines.stream()
        .limit(LISTED)
        .forEach(
            line -> {
              String plain = Paragraph.of(line.getKey(), line.getValue());
              text.append(mark(State.SOME)).append(plain.substring(1));
            });
    if (lines.size() > LISTED) {
      text.append("and so on: --output json has all\n");
    }
  }

  private String mark(State state) {
    String style =
        switch (state) {
          case ALLOWED -> "green";
          case SOME -> "yellow";
          case AUDITED -> "cyan";
          case DENIED -> "red";
          case NONE -> null;
        };
    return style == null
        ? String.valueOf(state.mark())
        : ansi.string("@|" + style + " " + state.mark() + "|@");
  }

  private static String right(int number, int digits) {
    return String.format(Locale.ROOT, "%" + digits + "d", number);
  }

  private static String cut(String name, int length) {
    return name.length() <= length ? name : name.substring(0, length - 2) + "..";
  }

  private void line(String start, String words) {
    text.append(Paragraph.of(start, start.length() > 40 ? 2 : start.length(), words));
  }
}
