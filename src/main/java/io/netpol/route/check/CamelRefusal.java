package io.netpol.route.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * Says in plain words, and with its place, why Camel refuses routes that {@link RouteFilesCheck}
 * has nothing against: an unknown step or setting, or a value that a step can't use.
 */
public final class CamelRefusal {

  private static final Pattern UNKNOWN_STEP = Pattern.compile("Unknown node id: (\\S+)");
  private static final Pattern UNKNOWN_SETTING = Pattern.compile("Unsupported field: (\\S+)");
  private static final Pattern BAD_VALUE =
      Pattern.compile("Error parsing \\[(.*)] as a ([\\w.]+)\\.");
  private static final Pattern BAD_OPTION =
      Pattern.compile("Error binding property \\((\\w+)=(.*?)\\) with name:.*", Pattern.DOTALL);
  private static final Pattern NO_BEAN =
      Pattern.compile(
          "No bean could be found in the registry for: (\\S+)(?: of type: ([\\w.]+))?.*");
  private static final Pattern BAD_BEAN =
      Pattern.compile("Error creating bean: (\\S+) of type: .*");

  /** A step as Camel prints it, such as {@code to[foo:x]}. */
  private static final Pattern AT =
      Pattern.compile("at: >>> (\\w+)\\[(.*?)] <<< in route", Pattern.DOTALL);

  private static final Pattern OBJECT = Pattern.compile("[\\w.$]+@[0-9a-f]{4,8}\\b");
  private static final Pattern CLASS = Pattern.compile("\\b(?:[a-z]\\w*\\.){2,}([A-Z]\\w*)");

  private static final Set<String> STEPS =
      Set.of(
          "aggregate",
          "bean",
          "choice",
          "circuitBreaker",
          "convertBodyTo",
          "delay",
          "doTry",
          "dynamicRouter",
          "enrich",
          "filter",
          "idempotentConsumer",
          "log",
          "loop",
          "marshal",
          "multicast",
          "pipeline",
          "pollEnrich",
          "process",
          "recipientList",
          "removeHeader",
          "removeHeaders",
          "removeProperty",
          "removeVariable",
          "resequence",
          "routingSlip",
          "script",
          "setBody",
          "setHeader",
          "setHeaders",
          "setProperty",
          "setVariable",
          "sort",
          "split",
          "step",
          "stop",
          "throttle",
          "throwException",
          "to",
          "toD",
          "transform",
          "unmarshal",
          "validate",
          "wireTap");

  private static final int DEPTH = 20;

  private final List<RouteFile> files;
  private final RouteSources sources;
  private final List<Throwable> causes = new ArrayList<>();

  private CamelRefusal(Throwable failure, List<RouteFile> files) {
    this.files = files;
    sources = RouteSources.read(files, new ArrayList<>());
    Throwable cause = failure;
    for (int i = 0; cause != null && i < DEPTH; i++) {
      causes.add(cause);
      cause = cause.getCause();
    }
  }

  /** Says that Camel has no step of a name, and which is near. */
  static String noStep(String name) {
    return "there is no step \"" + name + "\"" + NearName.question(name, STEPS);
  }

  /** Returns what is wrong in the files; empty if the failure has nothing to do with routes. */
  public static Optional<RouteProblem> of(Throwable failure, List<RouteFile> files) {
    return new CamelRefusal(failure, files).problem();
  }

  private Optional<RouteProblem> problem() {
    for (Throwable cause : causes) {
      String message = String.valueOf(cause.getMessage());
      Matcher bean = BAD_BEAN.matcher(message);
      if (cause instanceof MarkedYamlEngineException yaml) {
        return Optional.of(yaml(yaml));
      } else if (bean.matches()) {
        return Optional.of(bean(bean.group(1)));
      } else if (cause instanceof FailedToCreateRouteException route) {
        return Optional.of(route(route.getRouteId(), message));
      } else if (cause instanceof FailedToStartRouteException route) {
        return Optional.of(route(route.getRouteId(), message));
      }
    }
    return Optional.empty();
  }

  /** In Camel's YAML DSL: the file is YAML, but a name in it means nothing. */
  private RouteProblem yaml(MarkedYamlEngineException e) {
    Mark mark = e.getProblemMark().orElse(null);
    String path = mark == null ? "" : mark.getName();
    RouteFile file =
        files.stream().filter(each -> path.endsWith(each.name())).findFirst().orElse(null);
    String name = file == null ? "routes" : file.name();
    int line = mark == null ? 0 : mark.getLine() + 1;
    int column = mark == null ? 0 : mark.getColumn() + 1;
    String problem = e.getProblem() == null ? String.valueOf(e.getMessage()) : e.getProblem();
    Matcher step = UNKNOWN_STEP.matcher(problem);
    Matcher setting = UNKNOWN_SETTING.matcher(problem);
    String message = plain(problem);
    if (step.find()) {
      message = noStep(step.group(1));
      if (column <= 3) {
        message =
            "a route file has no entry \""
                + step.group(1)
                + "\""
                + NearName.question(
                    step.group(1),
                    Set.of("route", "beans", "routeConfiguration", "onException", "errorHandler"));
      }
    } else if (setting.find()) {
      message = "\"" + setting.group(1) + "\" is no setting here; is it spelt and indented right?";
      Optional<int[]> key = file == null ? Optional.empty() : onlyKey(file, setting.group(1));
      line = key.map(at -> at[0]).orElse(line);
      column = key.map(at -> at[1]).orElse(column);
    }
    Step around = stepBefore(name, line);
    return new RouteProblem(
        name, line, column, around == null ? "" : around.route, stepName(around), message);
  }

  private static String stepName(Step step) {
    return step == null ? "" : step.problem("").step();
  }

  /** Returns line and column of a key that stands once in a file. */
  private static Optional<int[]> onlyKey(RouteFile file, String key) {
    Matcher matcher =
        Pattern.compile("(?m)^[ -]*(" + Pattern.quote(key) + ")\\s*:").matcher(file.text());
    if (!matcher.find()) {
      return Optional.empty();
    }
    int start = matcher.start(1);
    if (matcher.find()) {
      return Optional.empty();
    }
    String before = file.text().substring(0, start);
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return Optional.of(new int[] {line, start - before.lastIndexOf('\n')});
  }

  private Step stepBefore(String file, int line) {
    Step found = null;
    for (Step step : sources.allSteps()) {
      if (step.value.file().equals(file) && step.value.line() <= line) {
        found = step;
      }
    }
    return found;
  }

  private RouteProblem bean(String name) {
    Throwable cause = causes.get(causes.size() - 1);
    String why =
        cause instanceof ClassNotFoundException
            ? "there is no class " + cause.getMessage()
            : plain(String.valueOf(cause.getMessage()));
    return sources.beans.stream()
        .filter(bean -> bean.text("name").equals(name))
        .findFirst()
        .map(
            bean ->
                new RouteProblem(
                    bean.file(),
                    bean.line(),
                    bean.column(),
                    "",
                    "",
                    "the bean " + name + " cannot be made: " + why))
        .orElseGet(
            () ->
                new RouteProblem(
                    "routes", 0, 0, "", "", "the bean " + name + " cannot be made: " + why));
  }

  private RouteProblem route(String id, String message) {
    RouteSource route = sources.route(id).orElse(null);
    String why = why(message);
    if (route == null) {
      return new RouteProblem("routes", 0, 0, id, "", plain(why));
    }
    for (Throwable cause : causes) {
      String text = String.valueOf(cause.getMessage());
      Matcher value = BAD_VALUE.matcher(text);
      Matcher option = BAD_OPTION.matcher(text);
      Matcher bean = NO_BEAN.matcher(text);
      if (value.find()) {
        return at(
            route,
            message,
            v -> value.group(1).equals(v.text()),
            wrongValue(value.group(1), value.group(2)));
      } else if (option.find()) {
        return at(
            route,
            message,
            v -> option.group(2).equals(v.text()),
            "the option " + option.group(1) + " cannot be \"" + option.group(2) + "\"");
      } else if (bean.find()) {
        String type = bean.group(2) == null ? "" : " of the kind " + plain(bean.group(2));
        return at(
            route,
            message,
            v -> v.text() != null && v.text().replaceFirst("^#(bean:)?", "").equals(bean.group(1)),
            "there is no bean " + bean.group(1) + type);
      }
    }
    return at(route, message, v -> false, plain(why));
  }

  private static String wrongValue(String value, String type) {
    return "\""
        + value
        + "\" is no "
        + (type.endsWith("Duration")
            ? "duration, such as 500, 2s or 1m"
            : plain(type).toLowerCase(Locale.ROOT).matches("int|integer|long")
                ? "number"
                : plain(type));
  }

  /**
   * At the value that is meant if it stands once in the route, else at the step, else the route.
   */
  private RouteProblem at(
      RouteSource route, String message, Predicate<YamlValue> meant, String plain) {
    List<RouteProblem> found = new ArrayList<>();
    for (Step step : route.all()) {
      if (!step.kind.equals("route")) {
        collect(step, step.value, meant, plain, found);
      }
    }
    if (found.size() == 1) {
      return found.get(0);
    }
    Step step = step(route, message);
    return step == null ? route.problem(plain) : step.problem(plain);
  }

  private static void collect(
      Step step,
      YamlValue value,
      Predicate<YamlValue> meant,
      String plain,
      List<RouteProblem> found) {
    if (meant.test(value)) {
      found.add(step.problem(value, plain));
    }
    value.items().forEach(item -> collect(step, item, meant, plain, found));
    value
        .entries()
        .forEach(
            (key, child) -> {
              if (!key.equals("steps") && !Step.BRANCHES.contains(key)) {
                collect(step, child, meant, plain, found);
              }
            });
  }

  /** Returns the step that Camel's message shows; null if that is not clear. */
  private static Step step(RouteSource route, String message) {
    Matcher at = AT.matcher(message);
    if (!at.find()) {
      return null;
    }
    List<Step> sameKind =
        route.all().stream().filter(step -> step.kind.equalsIgnoreCase(at.group(1))).toList();
    List<Step> same = sameKind.stream().filter(step -> isShown(step.value, at.group(2))).toList();
    return same.size() == 1 ? same.get(0) : sameKind.size() == 1 ? sameKind.get(0) : null;
  }

  /** Returns whether one of the settings by which Camel shows a step stands in the text. */
  private static boolean isShown(YamlValue value, String shown) {
    for (String key : List.of("uri", "ref", "message", "name", "simple", "constant")) {
      String text = value.text(key);
      if (text.isEmpty()) {
        text = value.get("expression").text(key);
      }
      if (!text.isEmpty() && shown.contains(text)) {
        return true;
      }
    }
    return value.text() != null && shown.contains(value.text());
  }

  /** Returns what the innermost cause says that says something. */
  private String why(String otherwise) {
    for (int i = causes.size() - 1; i >= 0; i--) {
      String message = causes.get(i).getMessage();
      if (message != null && message.contains(" ")) {
        return message;
      }
    }
    return otherwise;
  }

  /** Returns a message in one line, without classes' packages and objects' hashes. */
  static String plain(String message) {
    String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
    line = OBJECT.matcher(line).replaceAll("it");
    return CLASS.matcher(line).replaceAll("$1").strip();
  }

  /** Returns the message of any failure in plain words. */
  public static String words(Throwable failure) {
    return plain(new CamelRefusal(failure, List.of()).why(failure.toString()));
  }
}
