package io.netpol.route.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Holds one step of a route, or a part of one that has steps: {@code from}, {@code when}, {@code
 * doCatch}.
 */
final class Step {

  /** Parts that have steps, and stand beside {@code steps}. */
  static final Set<String> BRANCHES =
      Set.of(
          "when", "otherwise", "doCatch", "doFinally", "onFallback", "onException", "onCompletion");

  /** Parts that run only where something failed. */
  private static final Set<String> FAILURE = Set.of("doCatch", "onException", "onFallback");

  /** No steps to those who read of them. */
  private static final Set<String> WHOLES =
      Set.of("route", "routeConfiguration", "handlers", "errorHandler");

  final String kind;
  final YamlValue value;

  /** The id of the route; empty outside of routes. */
  final String route;

  /** The steps inside, in order; those of another branch in {@link #branches}. */
  final List<Step> steps = new ArrayList<>();

  final List<Step> branches = new ArrayList<>();

  Step(String kind, YamlValue value, String route) {
    this.kind = kind;
    this.value = value;
    this.route = route;
  }

  String id() {
    return value.text("id");
  }

  String name() {
    return id().isEmpty() ? kind : id();
  }

  /** Returns whether Camel leaves it out. */
  boolean isDisabled() {
    return value.text("disabled").equals("true");
  }

  boolean isForFailures() {
    return FAILURE.contains(kind);
  }

  /** Returns whether nothing after it runs. */
  boolean ends() {
    return kind.equals("stop") || kind.equals("throwException") || kind.equals("rollback");
  }

  /** Returns the step and all in it. */
  List<Step> all() {
    List<Step> all = new ArrayList<>();
    collect(all);
    return all;
  }

  private void collect(List<Step> all) {
    if (!isDisabled()) {
      all.add(this);
      steps.forEach(step -> step.collect(all));
      branches.forEach(branch -> branch.collect(all));
    }
  }

  RouteProblem problem(YamlValue at, String message) {
    String step = WHOLES.contains(kind) ? "" : name();
    return new RouteProblem(at.file(), at.line(), at.column(), route, step, message);
  }

  RouteProblem problem(String message) {
    return problem(value, message);
  }
}
