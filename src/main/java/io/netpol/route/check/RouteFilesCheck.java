package io.netpol.route.check;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.dsl.yaml.deserializers.ModelDeserializersResolver;

/**
 * Checks the texts of all route files together, before Camel makes routes of them: whether they are
 * YAML, ids are unique, everything that is named exists, and the way from each source to the kernel
 * is whole. Starts nothing. Not thread-safe.
 */
public final class RouteFilesCheck {

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^{}]+)}}");

  private final CamelContext context;
  private final Components components;
  private final BeanTypes beanTypes;

  private static final ModelDeserializersResolver STEPS = new ModelDeserializersResolver();

  /**
   * Creates a check for one context.
   *
   * @param context has the agent's beans; its properties are asked at each check
   */
  public RouteFilesCheck(CamelContext context) {
    this.context = context;
    components = new Components(context);
    beanTypes = new BeanTypes(context);
  }

  /**
   * Finds what keeps files from being read as YAML routes at all; Camel would refuse them before
   * the whole check runs.
   */
  public static List<String> unreadable(List<RouteFile> files) {
    List<RouteProblem> problems = new ArrayList<>();
    RouteSources.read(files, problems);
    return problems.stream().distinct().sorted().map(RouteProblem::text).toList();
  }

  /** Checks the files that are to run together. */
  public RoutesReport check(List<RouteFile> files) {
    return new Run(files).report();
  }

  /** Holds one check. */
  private final class Run {

    private final List<RouteProblem> problems = new ArrayList<>();
    private final RouteSources sources;

    /** In the order of the files. */
    private final List<Step> steps;

    private final Map<Step, List<EndpointUse>> endpoints = new IdentityHashMap<>();
    private final Map<Step, List<BeanUse>> beans = new IdentityHashMap<>();

    /** Where routes take what others send. */
    private List<EndpointUse> consumed = List.of();

    Run(List<RouteFile> files) {
      sources = RouteSources.read(files, problems);
      steps = sources.allSteps();
    }

    RoutesReport report() {
      if (!problems.isEmpty()) { // what else is found may be wrong because of them
        return new RoutesReport(sorted(), List.of(), Set.of());
      }
      beanTypes.declare(sources.beans);
      sources.files.forEach(this::properties);
      ids();
      consumed =
          steps.stream()
              .flatMap(step -> endpointsOf(step).stream())
              .filter(EndpointUse::consumed)
              .filter(EndpointUse::isInternal)
              .toList();
      consumers();
      for (Step step : steps) {
        known(step);
        endpointsOf(step).forEach(this::endpoint);
        beansOf(step).forEach(this::bean);
      }
      configurations();
      PipelineCheck pipeline =
          new PipelineCheck(sources, this::endpointsOf, this::beansOf, problems);
      pipeline.run();
      return new RoutesReport(sorted(), pipeline.warnings(), pipeline.essential());
    }

    private void known(Step parent) {
      for (Step step : parent.steps) {
        if (STEPS.resolve(step.kind) == null) {
          problems.add(step.problem(CamelRefusal.noStep(step.kind)));
        }
      }
    }

    private List<RouteProblem> sorted() {
      return problems.stream().distinct().sorted().toList();
    }

    private List<EndpointUse> endpointsOf(Step step) {
      return endpoints.computeIfAbsent(step, each -> EndpointUses.of(each, this::resolve));
    }

    private List<BeanUse> beansOf(Step step) {
      return beans.computeIfAbsent(
          step,
          each -> {
            List<BeanUse> uses = new ArrayList<>(BeanUses.of(each, this::resolve));
            for (EndpointUse use : endpointsOf(each)) {
              YamlValue method = use.options().get("method");
              if (use.scheme().equals("bean") && !use.isDynamic()) {
                uses.add(
                    new BeanUse(
                        each,
                        use.at(),
                        use.path(),
                        method == null || method.text() == null
                            ? ""
                            : method.text().replaceFirst("\\(.*", ""),
                        method == null ? use.at() : method,
                        false));
              }
            }
            return uses;
          });
    }

    /** Resolves placeholders, and leaves those that have no value. */
    private String resolve(String text) {
      if (!text.contains("{{")) {
        return text;
      }
      try {
        return context.resolvePropertyPlaceholders(text);
      } catch (IllegalArgumentException e) {
        return text;
      }
    }

    private void properties(YamlValue value) {
      if (value.text() != null && value.text().contains("{{")) {
        Matcher placeholder = PLACEHOLDER.matcher(value.text());
        while (placeholder.find()) {
          property(value, placeholder.group(1));
        }
      }
      value.items().forEach(this::properties);
      value
          .entries()
          .forEach(
              (key, child) -> {
                if (!key.equals("description")
                    && !key.equals("note")
                    && !key.equals("routeTemplate")) {
                  properties(child);
                }
              });
    }

    private void property(YamlValue at, String name) {
      try {
        context.resolvePropertyPlaceholders("{{" + name + "}}");
      } catch (IllegalArgumentException e) {
        Step step = stepOf(at);
        String message =
            "the property "
                + name
                + " is not set: set it in netpol.properties, or give a default, as in {{"
                + name
                + ":default}}";
        problems.add(
            step == null
                ? new RouteProblem(at.file(), at.line(), at.column(), "", "", message)
                : step.problem(at, message));
      }
    }

    /** Returns the innermost step that starts before a place; null outside of routes. */
    private Step stepOf(YamlValue at) {
      Step found = null;
      for (Step step : steps) {
        if (step.value.file().equals(at.file()) && step.value.line() <= at.line()) {
          found = step;
        }
      }
      return found;
    }

    private void ids() {
      Map<String, Step> places = new LinkedHashMap<>();
      for (Step step : steps) {
        if (step.id().isEmpty() || step.kind.equals("handlers")) {
          continue;
        }
        Step other = places.putIfAbsent(step.id(), step);
        if (other != null && other.value != step.value) {
          YamlValue first = other.value.get("id");
          problems.add(
              step.problem(
                  step.value.get("id"),
                  "the id "
                      + step.id()
                      + " is taken, by "
                      + first.file()
                      + ":"
                      + first.line()
                      + (other.route.isEmpty() ? "" : " in route " + other.route)
                      + "; ids are unique in the folder"));
        }
      }
    }

    private void consumers() {
      Map<String, EndpointUse> first = new HashMap<>();
      for (Step step : steps) {
        for (EndpointUse use : endpointsOf(step)) {
          if (!use.consumed() || !use.isInternal() || !step.kind.equals("from")) {
            continue;
          }
          EndpointUse other = first.putIfAbsent(use.key(), use);
          if (other != null
              && !(use.isOn("multipleConsumers") && other.isOn("multipleConsumers"))) {
            problems.add(
                step.problem(
                    use.at(),
                    use.key()
                        + " has a consumer already, route "
                        + other.step().route
                        + " at "
                        + other.at().file()
                        + ":"
                        + other.at().line()
                        + (use.scheme().equals("seda")
                            ? "; for several, each needs multipleConsumers: true"
                            : "")));
          }
        }
      }
    }

    private void endpoint(EndpointUse use) {
      if (use.scheme().isEmpty()) {
        return;
      }
      if (!components.has(use.scheme())) {
        Set<String> used =
            new TreeSet<>(Set.of("direct", "seda", "timer", "file", "log", "exec", "bean"));
        problems.add(
            use.step()
                .problem(
                    use.at(),
                    "there is no component "
                        + use.scheme()
                        + " in lib or lib/ext"
                        + NearName.question(use.scheme(), used)));
        return;
      }
      if (use.isInternal() && !use.consumed() && !use.isDynamic()) {
        consumerOf(use);
      }
      for (String option : components.unknown(use.scheme(), use.options().keySet())) {
        problems.add(
            use.step()
                .problem(
                    use.options().get(option),
                    use.scheme()
                        + " has no option "
                        + option
                        + NearName.question(option, components.known(use.scheme()))));
      }
    }

    private void consumerOf(EndpointUse use) {
      if (use.isOn("discardIfNoConsumers") || consumed.stream().anyMatch(use::leadsTo)) {
        return;
      }
      problems.add(
          use.step()
              .problem(
                  use.at(),
                  "no route consumes "
                      + use.key()
                      + NearName.question(
                          use.scheme() + ":",
                          use.path(),
                          consumed.stream()
                              .filter(other -> other.scheme().equals(use.scheme()))
                              .map(EndpointUse::path)
                              .toList())));
    }

    private void bean(BeanUse use) {
      if (!beanTypes.has(use.name())) {
        problems.add(
            use.step()
                .problem(
                    use.at(),
                    "there is no bean "
                        + use.name()
                        + NearName.question(use.name(), beanTypes.names())));
      } else if (use.processor() && !beanTypes.isProcessor(use.name())) {
        problems.add(
            use.step()
                .problem(
                    use.at(),
                    "the bean "
                        + use.name()
                        + " is no processor: call one of its methods with \"bean\" instead of"
                        + " \"process\""));
      } else if (!use.method().isEmpty() && !beanTypes.hasMethod(use.name(), use.method())) {
        Collection<String> methods = beanTypes.methods(use.name());
        problems.add(
            use.step()
                .problem(
                    use.methodAt(),
                    "the bean "
                        + use.name()
                        + " has no method "
                        + use.method()
                        + NearName.question(use.method(), methods)
                        + (methods.isEmpty()
                            ? ""
                            : " It has "
                                + String.join(", ", NearName.nearest(use.method(), methods)))));
      }
    }

    /** Camel leaves out a configuration that is not there, and says nothing. */
    private void configurations() {
      List<String> ids = sources.configurations.stream().map(RouteSource::id).toList();
      for (RouteSource route : sources.routes) {
        YamlValue named = route.value().get("routeConfigurationId");
        for (String name :
            named.text() == null ? List.<String>of() : List.of(named.text().split(","))) {
          if (ids.stream().noneMatch(id -> PipelineCheck.matches(name.strip(), id))) {
            problems.add(
                route.problem(
                    named,
                    "there is no routeConfiguration "
                        + name.strip()
                        + NearName.question(name.strip(), ids)));
          }
        }
      }
    }
  }
}
