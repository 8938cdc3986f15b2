package io.netpol.route.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the beans that steps name, as {@code ref}, {@code #name} and in expressions. */
final class BeanUses {

  /** {@code #name} and {@code #bean:name}, not {@code #class:…}, {@code #type:…} and the like. */
  private static final Pattern REFERENCE = Pattern.compile("#(?:bean:)?([A-Za-z_][\\w.-]*)");

  /** {@code ${bean:name}}, {@code ${bean:name.method}}, {@code ${bean:name?method=method}}. */
  private static final Pattern IN_SIMPLE =
      Pattern.compile("\\$\\{bean:(\\w[\\w-]*)(?:(?:\\.|\\?method=|::)(\\w+))?[^}]*}");

  /** Texts that may start with {@code #} and mean it. */
  private static final Set<String> TEXTS =
      Set.of(
          "constant",
          "simple",
          "expression",
          "message",
          "description",
          "note",
          "header",
          "variable",
          "exchangeProperty",
          "groovy",
          "jq",
          "jsonpath",
          "xpath",
          "tokenize",
          "id",
          "name",
          "pattern");

  /** They name a bean without {@code #} too. */
  private static final Set<String> REFERENCES =
      Set.of(
          "aggregationStrategy",
          "aggregateController",
          "aggregationRepository",
          "idempotentRepository",
          "onPrepare",
          "onRedeliveryRef",
          "onExceptionOccurredRef",
          "onPrepareFailureRef",
          "retryWhileRef",
          "redeliveryPolicyRef");

  private final Step step;
  private final UnaryOperator<String> placeholders;
  private final List<BeanUse> found = new ArrayList<>();

  private BeanUses(Step step, UnaryOperator<String> placeholders) {
    this.step = step;
    this.placeholders = placeholders;
  }

  /** Finds those of one step, without those of the steps in it. */
  static List<BeanUse> of(Step step, UnaryOperator<String> placeholders) {
    BeanUses uses = new BeanUses(step, placeholders);
    if (step.kind.equals("bean") || step.kind.equals("process")) {
      uses.call(step.value, step.kind.equals("process"));
    }
    uses.entries(step.value);
    return uses.found;
  }

  private void call(YamlValue call, boolean processor) {
    String ref = call.text("ref");
    if (!ref.isEmpty()) {
      YamlValue method = call.get("method");
      add(call.get("ref"), ref, method.text() == null ? "" : method.text(), method, processor);
    }
  }

  private void add(
      YamlValue at, String written, String method, YamlValue methodAt, boolean processor) {
    String name = placeholders.apply(written.strip());
    Matcher reference = REFERENCE.matcher(name);
    if (reference.matches()) {
      name = reference.group(1);
    } else if (name.startsWith("bean:")) {
      name = name.substring("bean:".length());
    }
    if (name.indexOf(':') >= 0 || name.contains("{") || name.contains("$")) {
      return; // a class, a type, or what only a running message tells
    }
    String called = placeholders.apply(method.strip());
    int parameters = called.indexOf('(');
    found.add(
        new BeanUse(
            step,
            at,
            name,
            called.contains("$") && parameters < 0
                ? ""
                : (parameters < 0 ? called : called.substring(0, parameters)).strip(),
            methodAt,
            processor));
  }

  private void entries(YamlValue value) {
    for (Map.Entry<String, YamlValue> entry : value.entries().entrySet()) {
      String key = entry.getKey();
      YamlValue child = entry.getValue();
      if (key.equals("steps") || key.equals("from") || Step.BRANCHES.contains(key)) {
        continue; // steps of their own
      }
      if (key.equals("method") && !child.entries().isEmpty()) {
        call(child, false);
      }
      value(key, child);
      entries(child);
      for (YamlValue item : child.items()) {
        value(key, item);
        entries(item);
      }
    }
  }

  private void value(String key, YamlValue value) {
    if (value.text() == null || key.equals("ref")) {
      return;
    }
    String text = value.text().strip();
    if (REFERENCES.contains(key) && !text.startsWith("#")
        || !TEXTS.contains(key) && REFERENCE.matcher(text).matches()) {
      add(value, text, "", value, false);
    }
    Matcher simple = IN_SIMPLE.matcher(text);
    while (simple.find()) {
      String method = simple.group(2) == null ? "" : simple.group(2);
      add(value, simple.group(1), method, value, false);
    }
  }
}
