package io.netpol.route.check;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads route files into routes, failure handlers and beans, and notes what is not built so. */
final class RouteSources {

  /** Parts of a file that have steps and are no route. */
  private static final List<String> HANDLERS =
      List.of(
          "onException", "onCompletion", "intercept", "interceptFrom", "interceptSendToEndpoint");

  private final List<RouteProblem> problems;

  final List<RouteSource> routes = new ArrayList<>();

  /** What stands below {@code routeConfiguration}, with its handlers. */
  final List<RouteSource> configurations = new ArrayList<>();

  /** Handlers of failures and the like that hold for the routes of their file. */
  final List<Step> handlers = new ArrayList<>();

  final List<YamlValue> beans = new ArrayList<>();

  /** The values of files that could be read. */
  final List<YamlValue> files = new ArrayList<>();

  private RouteSources(List<RouteProblem> problems) {
    this.problems = problems;
  }

  /** Reads files; what is wrong with their form is added to the problems. */
  static RouteSources read(List<RouteFile> files, List<RouteProblem> problems) {
    RouteSources sources = new RouteSources(problems);
    files.forEach(sources::file);
    return sources;
  }

  private void file(RouteFile file) {
    try {
      Optional<YamlValue> value = YamlValue.of(file);
      if (value.isEmpty() || value.get().isEmpty()) {
        return; // only comments
      }
      YamlValue top = value.get();
      files.add(top);
      if (top.items().isEmpty()) {
        if (!top.entries().containsKey("apiVersion")) { // Camel K's form, which only Camel reads
          add(top, "a route file is a list: each entry starts with \"- route:\" or the like");
        }
        return;
      }
      top.items().forEach(this::entry);
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark();
      problems.add(
          new RouteProblem(
              file.name(),
              mark.map(Mark::getLine).orElse(-1) + 1,
              mark.map(Mark::getColumn).orElse(-1) + 1,
              "",
              "",
              "this is not YAML: "
                  + plain(e)
                  + "; look at the indentation, quotes and colons of this line and the one before"));
    } catch (YamlEngineException e) {
      problems.add(
          new RouteProblem(file.name(), 0, 0, "", "", "this is not YAML: " + e.getMessage()));
    }
  }

  private static String plain(MarkedYamlEngineException e) {
    String context = e.getContext();
    return (context == null || context.isBlank() ? "" : context + ", ") + e.getProblem();
  }

  private void add(YamlValue at, String message) {
    problems.add(new RouteProblem(at.file(), at.line(), at.column(), "", "", message));
  }

  private void entry(YamlValue entry) {
    if (entry.entries().size() != 1) {
      add(
          entry,
          "an entry of the list has one name, such as route, with its settings below it, indented");
      return;
    }
    String kind = entry.entries().keySet().iterator().next();
    YamlValue value = entry.get(kind);
    switch (kind) {
      case "route" -> routes.add(route(value, value.get("from")));
      case "from" -> routes.add(route(value, value));
      case "beans" -> beans.addAll(value.items());
      case "routeConfiguration" -> configurations.add(configuration(value));
      case "errorHandler" -> handlers.add(part(kind, entry, ""));
      default -> {
        if (HANDLERS.contains(kind)) {
          handlers.add(part(kind, value, ""));
        }
      }
    }
  }

  private RouteSource route(YamlValue value, YamlValue from) {
    String id = value.text("id");
    if (id.isEmpty()) {
      add(value, "a route has no id");
    } else if (from.isEmpty()) {
      problems.add(
          new RouteProblem(
              value.file(), value.line(), value.column(), id, "", "the route has no \"from\""));
    } else if (value.entries().containsKey("steps") && value != from) {
      problems.add(
          new RouteProblem(
              value.file(),
              value.get("steps").line(),
              value.get("steps").column(),
              id,
              "",
              "\"steps\" stands below \"from\", indented by two more"));
    }
    return new RouteSource(id, new Step("route", value, id), part("from", from, id));
  }

  private RouteSource configuration(YamlValue value) {
    Step all =
        new Step(
            "handlers",
            new YamlValue(value.file(), value.line(), value.column(), null, List.of(), Map.of()),
            "");
    for (String kind : HANDLERS) {
      for (YamlValue item : value.get(kind).asList()) {
        // Each item repeats its kind: onException: [{onException: …}].
        all.branches.add(part(kind, item.entries().containsKey(kind) ? item.get(kind) : item, ""));
      }
    }
    return new RouteSource(value.text("id"), new Step("routeConfiguration", value, ""), all);
  }

  private Step part(String kind, YamlValue value, String route) {
    Step part = new Step(kind, value, route);
    if (value.entries().containsKey("steps")) {
      steps(value.get("steps"), part);
    }
    for (Map.Entry<String, YamlValue> entry : value.entries().entrySet()) {
      if (Step.BRANCHES.contains(entry.getKey())) {
        for (YamlValue branch : entry.getValue().asList()) {
          part.branches.add(part(entry.getKey(), branch, route));
        }
      }
    }
    return part;
  }

  private void steps(YamlValue steps, Step parent) {
    if (steps.items().isEmpty() && !steps.isEmpty()) {
      problems.add(parent.problem(steps, "\"steps\" is a list: each step starts with \"- \""));
    }
    for (YamlValue item : steps.items()) {
      if (item.entries().size() != 1) {
        String names = String.join(", ", item.entries().keySet());
        YamlValue at = item.entries().values().stream().skip(1).findFirst().orElse(item);
        problems.add(
            parent.problem(
                at,
                item.entries().isEmpty()
                    ? item.text() == null
                        ? "nothing stands in this step"
                        : "\""
                            + item.text()
                            + "\" is no step: a step is a name and a colon, as in \"- stop: {}\""
                    : "a step has one name, and its settings stand below it, indented by four more than"
                        + " the dash; here are "
                        + names));
        continue;
      }
      String kind = item.entries().keySet().iterator().next();
      parent.steps.add(part(kind, item.get(kind), parent.route));
    }
  }

  /** Returns the steps of routes, configurations and handlers, in the order of the files. */
  List<Step> allSteps() {
    return Stream.concat(
            Stream.concat(routes.stream(), configurations.stream()).flatMap(r -> r.all().stream()),
            handlers.stream().flatMap(handler -> handler.all().stream()))
        .sorted(
            Comparator.comparing((Step step) -> step.value.file())
                .thenComparingInt(step -> step.value.line()))
        .toList();
  }

  /** Returns whether several routes have an id. */
  boolean isTwice(String id) {
    return routes.stream().filter(route -> route.id().equals(id)).count() > 1;
  }

  Optional<RouteSource> route(String id) {
    return routes.stream().filter(route -> route.id().equals(id)).findFirst();
  }
}
