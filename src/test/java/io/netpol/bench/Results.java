package io.netpol.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of one run: printed as it grows, and written as JSON. */
final class Results {

  private static final String FORMAT = "%-40s %9s %9s %8s %5s %s%n";

  private final Map<String, Object> machine;
  private final List<Result> rows = new ArrayList<>();
  private final Map<String, List<Graph.Point>> curves = new LinkedHashMap<>();

  Results(Map<String, Object> machine) {
    this.machine = machine;
    System.out.printf(FORMAT, "what", "p50", "p99", "baseline", "x", "target");
  }

  void add(Result row) {
    rows.add(row);
    System.out.printf(
        FORMAT,
        row.what() + ", " + row.unit(),
        number(row.p50()),
        row.runs() > 1 ? number(row.p99()) : "",
        row.bare() == null ? "" : number(row.bare()),
        row.ratio() == null ? "" : number(row.ratio()),
        row.reached() == null ? "" : row.reached() ? "ok" : "MISSED");
    System.out.flush();
  }

  void curve(String name, List<Graph.Point> points) {
    curves.put(name, points);
  }

  List<Graph.Point> curve(String name) {
    return curves.getOrDefault(name, List.of());
  }

  /** What shall be reached and is not, in words. */
  List<String> missed() {
    return rows.stream()
        .filter(row -> Boolean.FALSE.equals(row.reached()))
        .map(
            row ->
                "%s: %s %s, asked: %s"
                    .formatted(row.what(), number(row.p50()), row.unit(), row.reach()))
        .toList();
  }

  void write(Path file) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("time", Instant.now().toString());
    all.put("machine", machine);
    all.put("rows", rows);
    all.put("curves", curves);
    Files.createDirectories(file.getParent());
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(file.toFile(), all);
  }

  /** The same table for a page of the documentation. */
  String markdown() {
    StringBuilder text =
        new StringBuilder("| what | p50 | p99 | middle half | baseline | ratio | target |\n");
    text.append("| --- | --- | --- | --- | --- | --- | --- |\n");
    for (Result row : rows) {
      boolean several = row.runs() > 1;
      text.append(
          "| %s | %s %s | %s | %s | %s | %s | %s%s |\n"
              .formatted(
                  row.what(),
                  number(row.p50()),
                  row.unit(),
                  several ? number(row.p99()) : "",
                  several ? number(row.q1()) + "–" + number(row.q3()) : "",
                  row.bare() == null ? "" : number(row.bare()),
                  row.ratio() == null ? "" : number(row.ratio()) + "×",
                  row.reach(),
                  Boolean.FALSE.equals(row.reached()) ? " **missed**" : ""));
    }
    return text.toString();
  }

  /** Three digits that count. */
  static String number(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
