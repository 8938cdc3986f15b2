package io.netpol.route.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Finds the endpoints that steps name: where they consume, and where they send. */
final class EndpointUses {

  private static final Set<String> BY_URI = Set.of("to", "toD", "wireTap");
  private static final Set<String> CONSUMING = Set.of("from", "poll", "pollEnrich");

  /** Their expression is a URI, or several with commas between. */
  private static final Set<String> BY_EXPRESSION =
      Set.of("enrich", "pollEnrich", "recipientList", "routingSlip", "dynamicRouter");

  private final UnaryOperator<String> placeholders;
  private final List<EndpointUse> found = new ArrayList<>();

  private EndpointUses(UnaryOperator<String> placeholders) {
    this.placeholders = placeholders;
  }

  /**
   * Finds those of one step, without those of the steps in it.
   *
   * @param placeholders resolves {@code {{…}}}, and leaves what it can't resolve
   */
  static List<EndpointUse> of(Step step, UnaryOperator<String> placeholders) {
    EndpointUses uses = new EndpointUses(placeholders);
    uses.step(step);
    return uses.found;
  }

  private void step(Step step) {
    YamlValue value = step.value;
    boolean consumes = CONSUMING.contains(step.kind);
    if (BY_URI.contains(step.kind) || step.kind.equals("from") || step.kind.equals("poll")) {
      if (value.text() != null) {
        add(step, value, value.text(), value.get("parameters"), consumes);
      } else if (!value.text("uri").isEmpty()) {
        add(step, value.get("uri"), value.text("uri"), value.get("parameters"), consumes);
      }
    } else if (step.kind.equals("interceptSendToEndpoint")) {
      expression(step, value.get("afterUri"), false);
    } else if (BY_EXPRESSION.contains(step.kind)) {
      for (String language : List.of("constant", "simple")) {
        expression(step, value.get(language), consumes);
        expression(step, value.get("expression").get(language), consumes);
      }
    }
    deadLetters(step, value);
  }

  private void expression(Step step, YamlValue expression, boolean consumes) {
    YamlValue text = expression.text() == null ? expression.get("expression") : expression;
    if (text.text() != null) {
      boolean dynamic = text.text().contains("${");
      for (String uri : dynamic ? new String[] {text.text()} : text.text().split(",")) {
        add(step, text, uri.strip(), step.value.get("parameters"), consumes);
      }
    }
  }

  /** {@code deadLetterUri} stands in an errorHandler, of a route, a configuration or a file. */
  private void deadLetters(Step step, YamlValue value) {
    YamlValue handler = value.get("errorHandler").get("deadLetterChannel");
    if (!handler.text("deadLetterUri").isEmpty()) {
      add(
          step,
          handler.get("deadLetterUri"),
          handler.text("deadLetterUri"),
          handler.get("-"),
          false);
    }
  }

  private void add(
      Step step, YamlValue at, String written, YamlValue parameters, boolean consumed) {
    String uri = placeholders.apply(written);
    Map<String, YamlValue> options = new LinkedHashMap<>();
    int question = uri.indexOf('?');
    String address = question < 0 ? uri : uri.substring(0, question);
    if (question >= 0) {
      for (String option : uri.substring(question + 1).split("&")) {
        int equals = option.indexOf('=');
        if (equals > 0) {
          options.put(option.substring(0, equals), text(at, option.substring(equals + 1)));
        }
      }
    }
    parameters
        .entries()
        .forEach(
            (name, value) ->
                options.put(
                    name,
                    value.text() == null
                        ? value
                        : text(value, placeholders.apply(value.text().strip()))));
    int colon = address.indexOf(':');
    String scheme = colon < 0 ? address : address.substring(0, colon);
    String path = colon < 0 ? "" : address.substring(colon + 1);
    while (path.startsWith("/")) {
      path = path.substring(1);
    }
    if (path.isEmpty() && options.containsKey("name")) { // as Kaoto writes it
      path = options.get("name").text();
    }
    if (scheme.contains("{") || scheme.contains("$")) {
      scheme = "";
    }
    found.add(new EndpointUse(step, at, scheme, path == null ? "" : path, options, consumed));
  }

  private static YamlValue text(YamlValue at, String text) {
    return new YamlValue(at.file(), at.line(), at.column(), text, List.of(), Map.of());
  }
}
