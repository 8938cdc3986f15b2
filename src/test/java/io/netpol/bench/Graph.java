package io.netpol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A line graph as SVG: a logarithmic axis below, a linear one from 0 on the left. */
final class Graph {

  /**
   * A value with its spread.
   *
   * @param low a quarter of the values is below
   * @param high a quarter of the values is above
   */
  record Point(double x, double y, double low, double high) {}

  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int LEFT = 84;
  private static final int RIGHT = 24;
  private static final int TOP = 62;
  private static final int BOTTOM = 62;
  private static final List<String> COLOURS = List.of("#1f5fa8", "#c2571a", "#2f7d4f", "#7a3e9d");

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final Map<String, List<Point>> lines = new LinkedHashMap<>();

  Graph(String title, String xLabel, String yLabel) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
  }

  Graph line(String name, List<Point> points) {
    if (!points.isEmpty()) {
      lines.put(name, points);
    }
    return this;
  }

  void write(Path file) throws IOException {
    if (lines.isEmpty()) {
      return;
    }
    Files.createDirectories(file.getParent());
    Files.writeString(file, svg());
  }

  private double minX() {
    return all().stream().mapToDouble(Point::x).min().orElse(1);
  }

  private double maxX() {
    return all().stream().mapToDouble(Point::x).max().orElse(10);
  }

  private double top() {
    double most = all().stream().mapToDouble(p -> Math.max(p.y(), p.high())).max().orElse(1);
    double step = step(most);
    return Math.ceil(most * 1.08 / step) * step;
  }

  /** 1, 2 or 5 times a power of ten, so that there are four to eight lines. */
  private static double step(double most) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1e-9))));
    double digits = most / power;
    return power * (digits < 1.6 ? 0.2 : digits < 4 ? 0.5 : 1);
  }

  private List<Point> all() {
    return lines.values().stream().flatMap(List::stream).toList();
  }

  private double x(double value) {
    double from = Math.log10(minX());
    double to = Math.log10(Math.max(maxX(), minX() * 1.01));
    return LEFT + 16 + (Math.log10(value) - from) / (to - from) * (WIDTH - LEFT - RIGHT - 40);
  }

  private double y(double value) {
    return HEIGHT - BOTTOM - value / top() * (HEIGHT - TOP - BOTTOM);
  }

  private String svg() {
    List<String> out = new ArrayList<>();
    out.add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT)
            + " font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"13\" role=\"img\">");
    out.add("<title>%s</title>".formatted(escaped(title)));
    out.add("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
    out.add(text(LEFT, 24, "start", "#1b1b1b", title).replace("<text ", "<text font-size=\"16\" "));
    double step = step(all().stream().mapToDouble(p -> Math.max(p.y(), p.high())).max().orElse(1));
    for (double tick = 0; tick <= top() + step / 1_000; tick += step) {
      out.add(segment(LEFT, y(tick), WIDTH - RIGHT, y(tick), tick == 0 ? "#444444" : "#dddddd"));
      out.add(text(LEFT - 8, y(tick) + 4, "end", "#1b1b1b", tickText(tick)));
    }
    out.add(segment(LEFT, y(0), LEFT, TOP, "#444444"));
    all().stream()
        .mapToDouble(Point::x)
        .distinct()
        .sorted()
        .forEach(
            value -> {
              out.add(segment(x(value), y(0), x(value), y(0) + 5, "#444444"));
              out.add(text(x(value), y(0) + 20, "middle", "#1b1b1b", tickText(value)));
            });
    out.add(
        text(
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 16,
            "middle",
            "#1b1b1b",
            xLabel + " (logarithmic)"));
    double middle = (TOP + HEIGHT - BOTTOM) / 2.0;
    out.add(
        "<text transform=\"translate(20 %s) rotate(-90)\" text-anchor=\"middle\">%s</text>"
            .formatted(number(middle), escaped(yLabel)));
    int index = 0;
    double legend = LEFT;
    for (Map.Entry<String, List<Point>> line : lines.entrySet()) {
      String colour = COLOURS.get(index++ % COLOURS.size());
      draw(line.getValue(), colour, out);
      out.add(
          "<rect x=\"%s\" y=\"38\" width=\"14\" height=\"4\" fill=\"%s\"/>"
              .formatted(number(legend), colour));
      out.add(text(legend + 20, 45, "start", "#1b1b1b", line.getKey()));
      legend += 40 + line.getKey().length() * 7.6;
    }
    out.add("</svg>\n");
    return String.join("\n", out);
  }

  private void draw(List<Point> points, String colour, List<String> out) {
    StringBuilder path = new StringBuilder();
    for (Point point : points) {
      String at = number(x(point.x())) + "," + number(y(point.y()));
      path.append(path.isEmpty() ? "" : " ").append(at);
      out.add(segment(x(point.x()), y(point.low()), x(point.x()), y(point.high()), colour));
      out.add(
          "<circle cx=\"%s\" cy=\"%s\" r=\"4\" fill=\"%s\"/>"
              .formatted(number(x(point.x())), number(y(point.y())), colour));
      out.add(text(x(point.x()), y(point.high()) - 9, "middle", colour, tickText(point.y())));
    }
    out.add(
        "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>"
            .formatted(colour, path));
  }

  private static String segment(double x1, double y1, double x2, double y2, String colour) {
    return "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\"/>"
        .formatted(number(x1), number(y1), number(x2), number(y2), colour);
  }

  private static String text(double x, double y, String anchor, String colour, String text) {
    return "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"%s\">%s</text>"
        .formatted(number(x), number(y), anchor, colour, escaped(text));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String tickText(double value) {
    if (value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return Results.number(value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
