package io.netpol.kubernetes.parse;

import static io.netpol.kubernetes.parse.ObjectConverter.orEmpty;

import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.net.Quote;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Parses a label selector ({@code meta/v1 LabelSelector}). */
record SelectorParser(ProblemReporter report) {

  /**
   * Parses a selector; {@link LabelSelector#NOTHING} with an error if any part is invalid.
   *
   * @param field the path of the selector
   * @param given null selects everything
   * @param effect how an invalid selector is treated, for the message
   */
  LabelSelector read(
      String field, io.fabric8.kubernetes.api.model.LabelSelector given, String effect) {
    if (given == null) {
      return LabelSelector.EVERYTHING;
    }
    List<Requirement> requirements = new ArrayList<>();
    boolean readable = true;
    Map<String, String> matchLabels = given.getMatchLabels();
    if (matchLabels != null) {
      for (Map.Entry<String, String> label : matchLabels.entrySet()) {
        if (isMissing(label.getKey())) {
          readable = refused(field + ".matchLabels", "a key is missing", effect);
        } else {
          requirements.add(
              Requirement.equalTo(
                  label.getKey(), Objects.requireNonNullElse(label.getValue(), "")));
        }
      }
    }
    List<LabelSelectorRequirement> expressions = orEmpty(given.getMatchExpressions());
    for (int i = 0; i < expressions.size(); i++) {
      readable &=
          expression(
              field + ".matchExpressions[" + i + "]", expressions.get(i), effect, requirements);
    }
    return readable ? new LabelSelector(requirements) : LabelSelector.NOTHING;
  }

  private boolean expression(
      String field, LabelSelectorRequirement given, String effect, List<Requirement> requirements) {
    if (given == null) {
      return refused(field, "null", effect);
    }
    if (isMissing(given.getKey())) {
      return refused(field + ".key", "missing", effect);
    }
    Operator operator = operator(given.getOperator());
    if (operator == null) {
      return refused(
          field + ".operator", "unknown operator: " + Quote.quote(given.getOperator()), effect);
    }
    List<String> values = orEmpty(given.getValues());
    boolean needsValues = operator == Operator.IN || operator == Operator.NOT_IN;
    if (needsValues == values.isEmpty()) {
      return refused(
          field + ".values",
          given.getOperator() + (needsValues ? " needs values" : " takes no values"),
          effect);
    }
    List<String> read = values.stream().map(v -> Objects.requireNonNullElse(v, "")).toList();
    requirements.add(new Requirement(given.getKey(), operator, read));
    return true;
  }

  private static Operator operator(String text) {
    return switch (text == null ? "" : text) {
      case "In" -> Operator.IN;
      case "NotIn" -> Operator.NOT_IN;
      case "Exists" -> Operator.EXISTS;
      case "DoesNotExist" -> Operator.DOES_NOT_EXIST;
      default -> null;
    };
  }

  private boolean refused(String field, String message, String effect) {
    report.error(field, message, effect);
    return false;
  }

  private static boolean isMissing(String key) {
    return key == null || key.isEmpty();
  }
}
