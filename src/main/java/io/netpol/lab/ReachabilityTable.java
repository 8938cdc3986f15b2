package io.netpol.lab;

import io.netpol.lab.Flow.Outcome;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Shows which member reaches which, as text for a terminal.
 *
 * @param members the rows (from) and columns (to), in this order
 * @param cells what is known of each pair
 */
public record ReachabilityTable(List<String> members, Map<Pair, Cell> cells) {
  private static final int WIDTH = 80;
  private static final String GAP = "   ";
  private static final int SHORTEST_NAME = 4;

  /** A cell's place: row and column. */
  public record Pair(String from, String to) {}

  /** What all flows between two members came to. */
  public enum Mark {
    ALLOWED('.', "allowed"),
    DENIED('X', "denied"),
    REJECTED('R', "rejected"),
    TCP_ONLY('t', "TCP only"),
    UDP_ONLY('u', "UDP only"),
    MIXED('~', "some flows allowed");

    private final char sign;
    private final String meaning;

    Mark(char sign, String meaning) {
      this.sign = sign;
      this.meaning = meaning;
    }

    /** Returns the sign and what it means, for a legend. */
    String legend() {
      return sign + " " + meaning;
    }

    private static Mark of(Map<Flow, Outcome> outcomes) {
      if (Set.copyOf(outcomes.values()).size() == 1) {
        return switch (outcomes.values().iterator().next()) {
          case ALLOWED -> ALLOWED;
          case DENIED -> DENIED;
          case REJECTED -> REJECTED;
        };
      }
      if (isAllThatPasses(Flow.Protocol.TCP, outcomes)) {
        return TCP_ONLY;
      }
      return isAllThatPasses(Flow.Protocol.UDP, outcomes) ? UDP_ONLY : MIXED;
    }

    private static boolean isAllThatPasses(Flow.Protocol protocol, Map<Flow, Outcome> outcomes) {
      boolean hasOthers = outcomes.keySet().stream().anyMatch(f -> f.protocol() != protocol);
      return hasOthers
          && outcomes.entrySet().stream()
              .allMatch(
                  each ->
                      (each.getKey().protocol() == protocol)
                          == (each.getValue() == Outcome.ALLOWED));
    }
  }

  /**
   * A cell's contents.
   *
   * @param mark what was measured
   * @param unexpected whether a flow differ from what is expected
   */
  public record Cell(Mark mark, boolean unexpected) {
    /** Returns the mark's sign, and an exclamation mark or a blank. */
    String text() {
      return mark.sign + (unexpected ? "!" : " ");
    }
  }

  public ReachabilityTable {
    members = List.copyOf(members);
    cells = Map.copyOf(cells);
  }

  /**
   * Returns the table of measured flows.
   *
   * @param memberAt the member that has an address; null leaves the flow out
   * @param expected what flows should have come out as; a flow that is missing is never unexpected
   */
  public static ReachabilityTable of(
      List<String> members,
      Function<String, String> memberAt,
      Map<Flow, Outcome> measured,
      Map<Flow, Outcome> expected) {
    Map<Pair, Map<Flow, Outcome>> pairs = new HashMap<>();
    measured.forEach(
        (flow, outcome) -> {
          String to = memberAt.apply(flow.toAddress());
          if (to != null) {
            pairs
                .computeIfAbsent(new Pair(flow.from(), to), pair -> new HashMap<>())
                .put(flow, outcome);
          }
        });
    Map<Pair, Cell> cells = new HashMap<>();
    pairs.forEach(
        (pair, outcomes) -> {
          boolean unexpected =
              outcomes.keySet().stream()
                  .anyMatch(
                      flow ->
                          expected.getOrDefault(flow, outcomes.get(flow)) != outcomes.get(flow));
          cells.put(pair, new Cell(Mark.of(outcomes), unexpected));
        });
    return new ReachabilityTable(members, cells);
  }

  /** Returns the table of a lab's members, without expectations. */
  public static ReachabilityTable of(LabNetwork lab, Map<Flow, Outcome> measured) {
    return of(lab, measured, Map.of());
  }

  /** Returns the table of a lab's members. */
  public static ReachabilityTable of(
      LabNetwork lab, Map<Flow, Outcome> measured, Map<Flow, Outcome> expected) {
    return of(lab.members(), address -> lab.memberAt(address).orElse(null), measured, expected);
  }

  /** Returns how many pairs differ from what is expected. */
  public long mismatches() {
    return cells.values().stream().filter(Cell::unexpected).count();
  }

  /** Returns the matrix with a legend, each line ended by a newline. */
  public String render() {
    return render(Map.of("", this));
  }

  /**
   * Returns tables of the same members beside each other, with one legend. Columns carry the
   * numbers of the rows. Three tables of 8 members, or one of 16, fit into 80 columns; a name that
   * does not fit is shortened.
   *
   * @param tables by the title above each, in order; at least one
   */
  static String render(Map<String, ReachabilityTable> tables) {
    List<String> members = tables.values().iterator().next().members();
    int column = String.valueOf(members.size()).length() + 1;
    int width = column * members.size();
    int longest = members.stream().mapToInt(String::length).max().orElse(0);
    int room = WIDTH - column - 1 - (width + GAP.length()) * tables.size() + GAP.length();
    int name = Math.max(SHORTEST_NAME, Math.min(longest, room));
    String margin = " ".repeat(column + name + 1);
    String numbers =
        IntStream.rangeClosed(1, members.size())
            .mapToObj(i -> pad(String.valueOf(i), column))
            .collect(Collectors.joining());
    StringBuilder text = new StringBuilder();
    String titles = join(tables.keySet(), title -> pad(title, width));
    if (!titles.isBlank()) {
      line(text, margin + titles);
    }
    line(text, margin + join(tables.keySet(), title -> numbers));
    for (int i = 0; i < members.size(); i++) {
      String from = members.get(i);
      String start =
          String.format(
              Locale.ROOT, "%" + (column - 1) + "d %s ", i + 1, pad(cut(from, name), name));
      line(text, start + join(tables.values(), table -> table.row(from, column)));
    }
    line(text, "from row to column:  " + legend(tables.values()));
    return text.toString();
  }

  private String row(String from, int column) {
    return members.stream()
        .map(to -> cells.get(new Pair(from, to)))
        .map(cell -> pad(cell == null ? "" : cell.text(), column))
        .collect(Collectors.joining());
  }

  private static String legend(Collection<ReachabilityTable> tables) {
    Set<Mark> used = EnumSet.of(Mark.ALLOWED, Mark.DENIED);
    tables.forEach(table -> table.cells.values().forEach(cell -> used.add(cell.mark)));
    String marks = used.stream().map(Mark::legend).collect(Collectors.joining("  "));
    return tables.stream().allMatch(table -> table.mismatches() == 0)
        ? marks
        : marks + "\n! other than expected";
  }

  private static <T> String join(Collection<T> parts, Function<T, String> text) {
    return parts.stream().map(text).collect(Collectors.joining(GAP));
  }

  private static String pad(String text, int width) {
    return String.format(Locale.ROOT, "%-" + width + "s", text);
  }

  private static String cut(String name, int length) {
    return name.length() <= length ? name : name.substring(0, length - 1) + "…";
  }

  private static void line(StringBuilder text, String line) {
    text.append(line.stripTrailing()).append('\n');
  }
}
