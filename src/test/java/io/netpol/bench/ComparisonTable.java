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
import java.util.Map;

/** Collects figures, a column for each controller; prints each at once. */
final class ComparisonTable {

  /** The figures of one controller. */
  static final class Column {
    private final String name;
    private final String command;
    private final String version;
    private final Map<Figure, Double> figures = new LinkedHashMap<>();
    private String failure = "";

    Column(String name, String command, String version) {
      this.name = name;
      this.command = command;
      this.version = version;
    }

    void add(Figure figure, double value) {
      figures.put(figure, value);
      System.out.printf(
          "%s: %s: %s %s%n", name, figure.what(), Results.number(value), figure.unit());
      System.out.flush();
    }

    /** Notes why figures are missing. */
    void fail(String why) {
      failure = why;
      System.out.printf("%s: %s%n", name, why);
    }

    private String cell(Figure figure) {
      Double value = figures.get(figure);
      return value == null || value.isNaN() ? "–" : Results.number(value);
    }

    private Map<String, Object> json() {
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("name", name);
      all.put("command", command);
      all.put("version", version);
      all.put("failure", failure);
      Map<String, Double> values = new LinkedHashMap<>();
      figures.forEach((figure, value) -> values.put(figure.id(), value));
      all.put("figures", values);
      return all;
    }
  }

  private final Map<String, Object> machine;
  private final List<Column> columns = new ArrayList<>();

  ComparisonTable(Map<String, Object> machine) {
    this.machine = machine;
  }

  Column column(String name, String command, String version) {
    Column column = new Column(name, command, version);
    columns.add(column);
    return column;
  }

  /** Returns the table for a page of the documentation, and what its columns are made of. */
  String markdown() {
    StringBuilder text = new StringBuilder("| what |");
    columns.forEach(column -> text.append(" ").append(column.name).append(" |"));
    text.append("\n| --- |").append(" ---: |".repeat(columns.size())).append("\n");
    for (Figure figure : Figure.values()) {
      text.append("| ").append(figure.what()).append(", ").append(figure.unit()).append(" |");
      columns.forEach(column -> text.append(" ").append(column.cell(figure)).append(" |"));
      text.append("\n");
    }
    text.append("\n");
    for (Column column : columns) {
      text.append("- ").append(column.name);
      if (!column.version.isEmpty()) {
        text.append(" (").append(column.version).append(")");
      }
      text.append(": `").append(column.command).append("`");
      if (!column.failure.isEmpty()) {
        text.append("; ").append(column.failure);
      }
      text.append("\n");
    }
    return text.toString();
  }

  void write(Path folder) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("time", Instant.now().toString());
    all.put("machine", machine);
    all.put("controllers", columns.stream().map(Column::json).toList());
    Files.createDirectories(folder);
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(folder.resolve("results.json").toFile(), all);
    Files.writeString(folder.resolve("table.md"), markdown());
  }
}
