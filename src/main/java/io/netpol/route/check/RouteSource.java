package io.netpol.route.check;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds one route or one {@code routeConfiguration} as its file has it.
 *
 * @param id empty where it has none
 * @param self what stands below {@code route} or {@code routeConfiguration}
 * @param from with the steps of the route, or with the handlers of the configuration
 */
record RouteSource(String id, Step self, Step from) {

  YamlValue value() {
    return self.value;
  }

  String file() {
    return self.value.file();
  }

  /** Returns the route itself, then {@code from} and the steps at all depths. */
  List<Step> all() {
    List<Step> all = new ArrayList<>();
    all.add(self);
    all.addAll(from.all());
    return all;
  }

  RouteProblem problem(String message) {
    return self.problem(message);
  }

  RouteProblem problem(YamlValue at, String message) {
    return self.problem(at, message);
  }
}
