package io.netpol.lab;

import io.netpol.lab.Flow.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A matrix of who reaches whom, as text for a terminal.
 *
 * @param members the rows (from) and columns (to), in this order
 * @param cells what is known of each pair
 */
public record ReachabilityTable(List<String> members, Map<Pair, Cell> cells) {
  private static final int WIDTH = 80;
  private static final int COLUMN = 4;
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
   * @param surprising whether a flow came out other than expected
   */
  public record Cell(Mark mark, boolean surprising) {
    /** Returns the mark's sign, and an exclamation mark or a blank. */
    String text() {
      return mark.sign + (surprising ? "!" : " ");
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
   * @param expected what flows should have come out as; those that are missing are never surprising
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
          boolean surprising =
              outcomes.keySet().stream()
                  .anyMatch(
                      flow ->
                          expected.getOrDefault(flow, outcomes.get(flow)) != outcomes.get(flow));
          cells.put(pair, new Cell(Mark.of(outcomes), surprising));
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

  /** Returns how many pairs came out other than expected. */
  public long surprises() {
    return cells.values().stream().filter(Cell::surprising).count();
  }

  /**
   * Returns the matrix with a legend, each line ended by a newline.
   *
   * <p>Columns carry the numbers of the rows. Up to 16 members fit into 80 columns; long names are
   * cut.
   */
  public String render() {
    int number = String.valueOf(members.size()).length();
    int longest = members.stream().mapToInt(String::length).max().orElse(0);
    int room = WIDTH - number - 1 - COLUMN * members.size();
    int name = Math.max(SHORTEST_NAME, Math.min(longest, room));
    StringBuilder text = new StringBuilder();
    String header =
        IntStream.rangeClosed(1, members.size())
            .mapToObj(i -> String.format(Locale.ROOT, "%" + (COLUMN - 1) + "d ", i))
            .collect(Collectors.joining());
    line(text, " ".repeat(number + 1 + name) + header);
    for (int i = 0; i < members.size(); i++) {
      String from = members.get(i);
      String row =
          members.stream()
              .map(to -> sign(cells.get(new Pair(from, to))))
              .collect(Collectors.joining());
      line(
          text,
          String.format(
              Locale.ROOT, "%" + number + "d %-" + name + "s%s", i + 1, cut(from, name), row));
    }
    line(text, "from row to column: " + legend());
    return text.toString();
  }

  private String legend() {
    String marks =
        IntStream.range(0, Mark.values().length)
            .mapToObj(i -> Mark.values()[i])
            .filter(
                mark ->
                    mark == Mark.ALLOWED
                        || mark == Mark.DENIED
                        || cells.values().stream().anyMatch(cell -> cell.mark == mark))
            .map(Mark::legend)
            .collect(Collectors.joining("  "));
    return surprises() == 0 ? marks : marks + "\n! other than expected";
  }

  private static String sign(Cell cell) {
    return cell == null ? "    " : "  " + cell.text();
  }

  private static String cut(String name, int length) {
    return name.length() <= length ? name : name.substring(0, length - 1) + "…";
  }

  private static void line(StringBuilder text, String line) {
    text.append(line.stripTrailing()).append('\n');
  }
}
