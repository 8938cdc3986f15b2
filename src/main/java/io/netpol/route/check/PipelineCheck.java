package io.netpol.route.check;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Checks that the routes are whole: the essential ones are there and consume what others send them,
 * and from each source a way leads through every step that enforcement needs. Steps and routes in
 * between are nobody's business.
 */
final class PipelineCheck {

  /** A step that a way has to pass, in words and as a test. */
  private record Waypoint(String words, Predicate<Step> test) {}

  private final RouteSources sources;
  private final Function<Step, List<EndpointUse>> endpoints;
  private final Function<Step, List<BeanUse>> beans;
  private final Flow flow;
  private final List<RouteProblem> problems;

  PipelineCheck(
      RouteSources sources,
      Function<Step, List<EndpointUse>> endpoints,
      Function<Step, List<BeanUse>> beans,
      List<RouteProblem> problems) {
    this.sources = sources;
    this.endpoints = endpoints;
    this.beans = beans;
    this.problems = problems;
    List<Step> handlers = new ArrayList<>(sources.handlers);
    sources.configurations.forEach(each -> handlers.addAll(List.of(each.self(), each.from())));
    flow = new Flow(sources.routes, handlers, endpoints);
  }

  void run() {
    List<String> missing =
        AgentRoutes.ESSENTIAL.stream().filter(id -> sources.route(id).isEmpty()).toList();
    missing.forEach(
        id ->
            problems.add(
                new RouteProblem(
                    "routes",
                    0,
                    0,
                    id,
                    "",
                    "no file has this route, and the agent can't do without it")));
    AgentRoutes.ESSENTIAL.stream()
        .filter(id -> !sources.isTwice(id)) // reported already; which of them is meant is unknown
        .forEach(id -> sources.route(id).ifPresent(this::essential));
    if (problems.isEmpty()) { // else a way may only end at one of these
      ways();
    }
  }

  private void essential(RouteSource route) {
    String consumed = AgentRoutes.consumed(route.id());
    if (consumed != null
        && endpoints.apply(route.from()).stream().noneMatch(use -> use.key().equals(consumed))) {
      problems.add(
          route.from().problem("this route has to consume " + consumed + ", others need that"));
    }
    if (route.value().text("autoStartup").equals("false")) {
      problems.add(
          route.problem(
              route.value().get("autoStartup"),
              "the agent can't do without this route: it has to start (autoStartup)"));
    }
    if (AgentRoutes.SOURCES.contains(route.id())
        && endpoints.apply(route.from()).stream().noneMatch(use -> use.isOn("endOfList"))) {
      problems.add(
          route
              .from()
              .problem(
                  "\"endOfList: true\" is missing among the parameters: without it the agent waits"
                      + " for the end of this list, and applies nothing"));
    }
  }

  private void ways() {
    Waypoint index =
        new Waypoint(
            "the step that puts objects into the index (process: ref: enrich)",
            calls("enrich", ""));
    Waypoint each =
        new Waypoint("the aggregate of each pod (as pending/aggregate)", this::aggregates);
    Waypoint batch =
        new Waypoint(
            "a second aggregate, that of the batch (as batch/aggregate-batch)", this::aggregates);
    Waypoint begin = calling("apply", "begin");
    Waypoint render = calling("apply", "render");
    Waypoint end =
        new Waypoint(
            "the step that calls the method applied of the bean apply (or withheld, in a dry run)",
            calls("apply", "applied").or(calls("apply", "withheld")));
    for (String source : AgentRoutes.SOURCES) {
      way(from(source), index, each, batch, begin, render, end);
    }
    way(from("resync"), batch, begin);
    way(from("retry"), batch, begin);
    way(from("attempt"), calling("apply", "unread"), calling("apply", "read"));
    Waypoint outside =
        new Waypoint("a step that sends to a command or to another host", flow::leavesTheAgent);
    way(from("read-kernel"), outside);
    if (!flow.leads(List.of(from("attempt")), calls("apply", "withheld"))) {
      way(from("attempt"), calling("apply", "deliveries"), calling("apply", "delivered"));
      way(from("deliver"), outside);
    }
    failures();
    windows();
  }

  private Step from(String route) {
    return sources.route(route).orElseThrow().from();
  }

  private Predicate<Step> calls(String bean, String method) {
    return step ->
        beans.apply(step).stream()
            .anyMatch(
                use ->
                    use.name().equals(bean) && (method.isEmpty() || use.method().equals(method)));
  }

  private Waypoint calling(String bean, String method) {
    return new Waypoint(
        "the step that calls the method " + method + " of the bean " + bean, calls(bean, method));
  }

  private boolean aggregates(Step step) {
    return step.kind.equals("aggregate");
  }

  /** Adds a problem where the way ends before one of the waypoints. */
  private void way(Step start, Waypoint... waypoints) {
    Collection<Step> reached = List.of(start);
    for (int i = 0; i < waypoints.length; i++) {
      Waypoint waypoint = waypoints[i];
      Predicate<Step> later =
          Stream.of(waypoints)
              .skip(i + 1L)
              .map(Waypoint::test)
              .reduce(step -> false, Predicate::or);
      List<Step> next =
          flow.following(reached, waypoint.test(), later.and(waypoint.test().negate()));
      if (next.isEmpty()) {
        Step last = reached.iterator().next();
        Set<String> ends = new LinkedHashSet<>();
        for (Step step : flow.after(List.of(last))) {
          ends.add(step.route);
        }
        RouteProblem problem =
            last.problem(
                "no way leads from here to "
                    + waypoint.words()
                    + "; what passes here goes through "
                    + String.join(", ", ends));
        if (!problems.contains(problem)) {
          problems.add(problem);
        }
        return;
      }
      reached = next;
    }
  }

  /** What fails in an apply has to be split, until it goes in or is a dead letter. */
  private void failures() {
    RouteSource apply = sources.route("apply").orElseThrow();
    List<Step> handlers = new ArrayList<>();
    Stream.concat(apply.all().stream(), handlersOf(apply))
        .forEach(
            step -> {
              if (step.isForFailures() || hasDeadLetterUri(step)) {
                handlers.add(step);
              }
            });
    Step failed = from("failed");
    if (!flow.leads(handlers, failed::equals)) {
      problems.add(
          apply.problem(
              "what fails in this route does not come to direct:failed, where it is split and becomes a dead"
                  + " letter: name the routeConfiguration that sends it there (routeConfigurationId: retried)"));
    }
    way(failed, calling("failure", "letter"));
    way(failed, calling("apply", "begin"));
  }

  private static boolean hasDeadLetterUri(Step step) {
    YamlValue handler = step.value.get("errorHandler").get("deadLetterChannel");
    return !handler.text("deadLetterUri").isEmpty();
  }

  /** Returns the handlers that hold for a route and stand elsewhere. */
  private Stream<Step> handlersOf(RouteSource route) {
    List<String> named = List.of(route.value().text("routeConfigurationId").split("\\s*,\\s*"));
    return Stream.concat(
        sources.configurations.stream()
            .filter(
                each ->
                    each.id().isEmpty()
                        || named.stream().anyMatch(name -> matches(name, each.id())))
            .flatMap(each -> each.all().stream()),
        sources.handlers.stream()
            .filter(each -> each.value.file().equals(route.file()))
            .flatMap(each -> each.all().stream()));
  }

  /** Returns whether a name means an id: {@code *} at its end stands for anything. */
  static boolean matches(String name, String id) {
    return name.endsWith("*")
        ? id.startsWith(name.substring(0, name.length() - 1))
        : name.equals(id);
  }

  /** A batch that nobody ends waits until it is full. */
  private void windows() {
    for (RouteSource route : sources.routes) {
      for (Step step : route.all()) {
        String controller = step.value.text("aggregateController");
        if (!aggregates(step) || !controller.matches("#?(bean:)?batchWindow")) {
          continue;
        }
        if (!flow.leads(List.of(route.from()), calls("batchWindow", "arrived"))) {
          problems.add(
              step.problem(
                  "the window ends this batch only where the step after the aggregate tells it:"
                      + " bean, ref: batchWindow, method: arrived"));
        }
        if (step.steps.stream()
            .noneMatch(inside -> flow.leads(List.of(inside), calls("batchWindow", "started")))) {
          problems.add(
              step.problem(
                  "the window has to be told that the batch has begun, by the first step in the aggregate:"
                      + " bean, ref: batchWindow, method: started"));
        }
      }
    }
  }

  /** Returns the ids of the routes between the sources and the kernel, these included. */
  Set<String> essential() {
    List<Step> starts =
        AgentRoutes.SOURCES.stream()
            .flatMap(id -> sources.route(id).stream())
            .map(RouteSource::from)
            .toList();
    Set<Step> before = flow.before(calls("apply", "render"));
    Set<String> ids = new LinkedHashSet<>();
    for (Step step : flow.after(starts)) {
      if (before.contains(step)) {
        ids.add(step.route);
      }
    }
    return ids;
  }

  /** Returns what is probably not meant, though it works. */
  List<String> warnings() {
    if (sources.route("deliver").isEmpty()
        || sources.route("save").isEmpty()
        || sources.route("exec").isEmpty()) {
      return List.of();
    }
    boolean writes = flow.leads(List.of(from("deliver")), from("exec")::equals);
    boolean reads = flow.leads(List.of(from("save")), from("exec")::equals);
    if (reads && !writes) {
      return List.of(
          "payloads go elsewhere than to this host's kernel, which is read all the same: route deliver does not"
              + " lead to direct:exec, and save does. Replace save too, unless this is a dry run");
    } else if (writes && !reads) {
      return List.of(
          "payloads go to this host's kernel, but another one is read: route save does not lead to direct:exec,"
              + " and deliver does. Replace deliver too");
    }
    return List.of();
  }
}
