package io.netpol.lab;

import io.netpol.lab.ReachabilityTable.Cell;
import io.netpol.lab.ReachabilityTable.Mark;
import io.netpol.lab.ReachabilityTable.Pair;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Several tables of the same members beside each other, as text for a terminal.
 *
 * <p>Three tables of eight members with names of up to 17 letters fit into 80 columns.
 *
 * @param tables by the title above each, in order; at least one
 */
record SideBySide(Map<String, ReachabilityTable> tables) {
  private static final String GAP = "   ";

  /** Returns the tables with a legend, each line ended by a newline. */
  String render() {
    List<String> members = tables.values().iterator().next().members();
    int column = String.valueOf(members.size()).length() + 1;
    int name = members.stream().mapToInt(String::length).max().orElse(0);
    String margin = " ".repeat(column + name + 1);
    String numbers =
        IntStream.rangeClosed(1, members.size())
            .mapToObj(i -> String.format(Locale.ROOT, "%-" + column + "d", i))
            .collect(Collectors.joining());
    StringBuilder text = new StringBuilder();
    line(
        text,
        margin
            + tables.keySet().stream()
                .map(title -> String.format(Locale.ROOT, "%-" + numbers.length() + "s", title))
                .collect(Collectors.joining(GAP)));
    line(text, margin + String.join(GAP, tables.keySet().stream().map(t -> numbers).toList()));
    for (int i = 0; i < members.size(); i++) {
      String from = members.get(i);
      String start =
          String.format(Locale.ROOT, "%" + (column - 1) + "d %-" + name + "s ", i + 1, from);
      line(
          text,
          start
              + tables.values().stream()
                  .map(table -> row(table, from, column))
                  .collect(Collectors.joining(GAP)));
    }
    line(text, "from row to column:  " + legend());
    return text.toString();
  }

  private static String row(ReachabilityTable table, String from, int column) {
    return table.members().stream()
        .map(to -> table.cells().get(new Pair(from, to)))
        .map(
            cell ->
                String.format(Locale.ROOT, "%-" + column + "s", cell == null ? "" : cell.text()))
        .collect(Collectors.joining());
  }

  private String legend() {
    Set<Mark> used = EnumSet.of(Mark.ALLOWED, Mark.DENIED);
    boolean surprising = false;
    for (ReachabilityTable table : tables.values()) {
      for (Cell cell : table.cells().values()) {
        used.add(cell.mark());
        surprising |= cell.surprising();
      }
    }
    String marks = used.stream().map(Mark::legend).collect(Collectors.joining("  "));
    return surprising ? marks + "\n! other than asked for" : marks;
  }

  private static void line(StringBuilder text, String line) {
    text.append(line.stripTrailing()).append('\n');
  }
}
