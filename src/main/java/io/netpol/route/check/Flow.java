package io.netpol.route.check;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Knows which step may follow which when nothing fails, across {@code direct:} and {@code seda:}:
 * from a step that sends to the steps of the route that consumes, and on to the next step.
 */
final class Flow {

  private final Map<Step, Set<Step>> next = new IdentityHashMap<>();
  private final Function<Step, List<EndpointUse>> endpoints;

  /**
   * Follows the steps of routes.
   *
   * @param routes all of them
   * @param others what nothing leads to: failure handlers, and what has a {@code deadLetterUri}
   * @param endpoints what a step names
   */
  Flow(
      List<RouteSource> routes,
      Collection<Step> others,
      Function<Step, List<EndpointUse>> endpoints) {
    this.endpoints = endpoints;
    for (RouteSource route : routes) {
      enter(route.from(), null);
      edge(route.self(), null);
      route.from().all().stream().filter(Step::isForFailures).forEach(part -> enter(part, null));
    }
    for (Step other : others) {
      edge(other, null);
      other.all().stream().filter(Step::isForFailures).forEach(part -> enter(part, null));
    }
    for (Step step : List.copyOf(next.keySet())) {
      for (EndpointUse use : endpoints.apply(step)) {
        for (RouteSource route : routes) {
          if (endpoints.apply(route.from()).stream().anyMatch(use::leadsTo)) {
            edge(step, route.from());
          }
        }
      }
    }
  }

  private void edge(Step from, Step to) {
    Set<Step> after = next.computeIfAbsent(from, each -> new LinkedHashSet<>());
    if (to != null) {
      after.add(to);
    }
  }

  /** Links a step to the steps in it, and the last of these to what follows it. */
  private void enter(Step step, Step after) {
    edge(step, null);
    Step last = after;
    for (int i = step.branches.size() - 1; i >= 0; i--) {
      Step branch = step.branches.get(i);
      if (branch.kind.equals("doFinally")) {
        enter(branch, after);
        last = branch;
      }
    }
    boolean otherwise = false;
    for (Step branch : step.branches) {
      if (!branch.isForFailures() && !branch.kind.equals("doFinally")) {
        enter(branch, after);
        edge(step, branch);
        otherwise |= branch.kind.equals("otherwise");
      }
    }
    Step first = sequence(step.steps, last);
    edge(step, first);
    if (!otherwise && !step.ends()) {
      edge(step, after);
    }
  }

  /** Links steps in their order, and returns the first, or what follows where there is none. */
  private Step sequence(List<Step> steps, Step after) {
    Step following = after;
    for (int i = steps.size() - 1; i >= 0; i--) {
      Step step = steps.get(i);
      if (!step.isDisabled()) {
        enter(step, step.ends() ? null : following);
        following = step;
      }
    }
    return following;
  }

  /** Returns the steps themselves and all that may follow them. */
  Set<Step> after(Collection<Step> starts) {
    Set<Step> reached = new LinkedHashSet<>(starts);
    Deque<Step> open = new ArrayDeque<>(starts);
    while (!open.isEmpty()) {
      for (Step step : next.getOrDefault(open.poll(), Set.of())) {
        if (reached.add(step)) {
          open.add(step);
        }
      }
    }
    return reached;
  }

  /**
   * Returns those that are as asked for and may follow the steps, without the steps themselves.
   *
   * @param barred is not passed on the way
   */
  List<Step> following(Collection<Step> starts, Predicate<Step> wanted, Predicate<Step> barred) {
    Set<Step> reached = new LinkedHashSet<>();
    Deque<Step> open = new ArrayDeque<>(starts);
    while (!open.isEmpty()) {
      for (Step step : next.getOrDefault(open.poll(), Set.of())) {
        if (reached.add(step) && !barred.test(step)) {
          open.add(step);
        }
      }
    }
    return reached.stream().filter(wanted).toList();
  }

  /** Returns whether a step that is as asked for is among the steps, or may follow them. */
  boolean leads(Collection<Step> starts, Predicate<Step> wanted) {
    return after(starts).stream().anyMatch(wanted);
  }

  /** Returns the steps that are as asked for, and all from which one of them may follow. */
  Set<Step> before(Predicate<Step> wanted) {
    Map<Step, Set<Step>> previous = new IdentityHashMap<>();
    next.forEach(
        (step, after) ->
            after.forEach(
                each -> previous.computeIfAbsent(each, any -> new LinkedHashSet<>()).add(step)));
    Set<Step> before = new LinkedHashSet<>();
    next.keySet().stream().filter(wanted).forEach(before::add);
    Deque<Step> open = new ArrayDeque<>(before);
    while (!open.isEmpty()) {
      for (Step step : previous.getOrDefault(open.poll(), Set.of())) {
        if (before.add(step)) {
          open.add(step);
        }
      }
    }
    return before;
  }

  /** Returns whether a step sends out of the agent. */
  boolean leavesTheAgent(Step step) {
    return endpoints.apply(step).stream().anyMatch(EndpointUse::leavesTheAgent);
  }
}
