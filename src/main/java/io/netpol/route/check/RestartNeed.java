package io.netpol.route.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Tells which edits only a restart of the agent can take in. */
public final class RestartNeed {

  private RestartNeed() {}

  /**
   * Returns why an edit takes a restart; empty if it does not.
   *
   * @param before the file as its routes run; null if it is new
   */
  public static Optional<String> of(RouteFile before, RouteFile after) {
    RouteSources old =
        RouteSources.read(before == null ? List.of() : List.of(before), new ArrayList<>());
    RouteSources now = RouteSources.read(List.of(after), new ArrayList<>());
    Set<String> watching = new TreeSet<>();
    old.routes.forEach(route -> watching.add(route.id()));
    now.routes.forEach(route -> watching.add(route.id()));
    watching.retainAll(AgentRoutes.SOURCES);
    if (!watching.isEmpty()) {
      return Optional.of(
          after.name()
              + ": an edit of the sources takes a restart, for they keep what they have heard: "
              + String.join(", ", watching));
    }
    // Camel makes it part of the routes of all files when it makes these.
    List<Object> configurations =
        now.configurations.stream().map(each -> content(each.value())).toList();
    if (!configurations.equals(
        old.configurations.stream().map(each -> content(each.value())).toList())) {
      return Optional.of(
          after.name()
              + ": an edit of a routeConfiguration takes a restart, for routes of all files are made with it");
    }
    return Optional.empty();
  }

  /** Returns what a value says, wherever it stands. */
  private static Object content(YamlValue value) {
    if (value.text() != null) {
      return value.text();
    }
    List<Object> content = new ArrayList<>();
    value.items().forEach(item -> content.add(content(item)));
    value.entries().forEach((key, child) -> content.add(Map.of(key, content(child))));
    return content;
  }
}
