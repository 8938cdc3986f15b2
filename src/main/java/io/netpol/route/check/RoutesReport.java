package io.netpol.route.check;

import java.util.List;
import java.util.Set;

/**
 * Says what a check of the route files found.
 *
 * @param problems why they must not run, in the order of the files; empty if they may
 * @param warnings what works, and is probably not meant
 * @param essential the ids of the routes that events pass on their way to the kernel
 */
public record RoutesReport(
    List<RouteProblem> problems, List<String> warnings, Set<String> essential) {

  /** Returns the problems in one line each. */
  public List<String> lines() {
    return problems.stream().map(RouteProblem::text).toList();
  }
}
