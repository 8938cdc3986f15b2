package io.netpol.route.check;

import java.util.Comparator;

/**
 * Names one thing that is wrong in the route files, and where.
 *
 * @param line from 1; 0 where it is not known
 * @param column from 1; 0 where it is not known
 * @param route the id of the route; empty outside of routes
 * @param step the id of the step, or its kind where it has none; empty where no step is meant
 * @param message says what is wrong and what to do
 */
public record RouteProblem(
    String file, int line, int column, String route, String step, String message)
    implements Comparable<RouteProblem> {

  private static final Comparator<RouteProblem> ORDER =
      Comparator.comparing(RouteProblem::file)
          .thenComparingInt(RouteProblem::line)
          .thenComparingInt(RouteProblem::column)
          .thenComparing(RouteProblem::message);

  @Override
  public int compareTo(RouteProblem other) {
    return ORDER.compare(this, other);
  }

  /** Returns it in one line, as compilers print it. */
  public String text() {
    StringBuilder text = new StringBuilder(file);
    if (line > 0) {
      text.append(':').append(line).append(':').append(column);
    }
    text.append(": ");
    if (!route.isEmpty()) {
      text.append("route ").append(route).append(step.isEmpty() ? ": " : ", ");
    }
    if (!step.isEmpty()) {
      text.append("step ").append(step).append(": ");
    }
    return text.append(message).toString();
  }
}
