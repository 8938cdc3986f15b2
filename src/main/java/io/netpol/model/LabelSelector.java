package io.netpol.model;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Selects objects by labels, in canonical form: selectors that are written differently and ask for
 * the same are equal ({@code meta/v1 LabelSelector}).
 *
 * @param requirements all must match; empty selects every object
 */
public record LabelSelector(List<Requirement> requirements) {

  /** Selects every object: {@code {}}. */
  public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

  /** Selects no object; stands for a selector that cannot be parsed. */
  public static final LabelSelector NOTHING =
      new LabelSelector(List.of(new Requirement("", Operator.IN, List.of())));

  /** Names an operator of {@code matchExpressions}. */
  public enum Operator {
    IN("in"),
    NOT_IN("notin"),
    EXISTS("exists"),
    DOES_NOT_EXIST("!exists");

    private final String text;

    Operator(String text) {
      this.text = text;
    }
  }

  /**
   * Represents one condition on one label.
   *
   * @param key the label's key
   * @param operator how the value of the label is compared with the values
   * @param values for {@code In} and {@code NotIn}, sorted and without duplicates; empty for other
   *     operators
   */
  public record Requirement(String key, Operator operator, List<String> values)
      implements Comparable<Requirement> {

    private static final Comparator<Requirement> ORDER =
        Comparator.comparing(Requirement::key)
            .thenComparing(Requirement::operator)
            .thenComparing(r -> String.join("\0", r.values()));

    public Requirement {
      values = values.stream().distinct().sorted().toList();
    }

    /** Returns the requirement that {@code matchLabels} means: the label has just this value. */
    public static Requirement equalTo(String key, String value) {
      return new Requirement(key, Operator.IN, List.of(value));
    }

    /**
     * Returns whether labels meet the condition; {@code NotIn} and {@code DoesNotExist} also match
     * labels without the key.
     */
    public boolean matches(Map<String, String> labels) {
      String value = labels.get(key);
      return switch (operator) {
        case IN -> value != null && values.contains(value);
        case NOT_IN -> value == null || !values.contains(value);
        case EXISTS -> value != null;
        case DOES_NOT_EXIST -> value == null;
      };
    }

    @Override
    public int compareTo(Requirement other) {
      return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
      return switch (operator) {
        case IN ->
            values.size() == 1
                ? key + "=" + values.get(0)
                : key + " in (" + String.join(",", values) + ")";
        case NOT_IN -> key + " notin (" + String.join(",", values) + ")";
        case EXISTS -> key;
        case DOES_NOT_EXIST -> "!" + key;
      };
    }
  }

  public LabelSelector {
    requirements = requirements.stream().distinct().sorted().toList();
  }

  /** Returns whether an object with these labels is selected. */
  public boolean matches(Map<String, String> labels) {
    for (Requirement requirement : requirements) {
      if (!requirement.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether the selector has no requirement, and so selects every object. */
  public boolean isEverything() {
    return requirements.isEmpty();
  }

  /**
   * Returns a text that only equal selectors share, whatever characters keys and values contain:
   * every part is preceded by its length. Names of sets are derived from it.
   */
  public String canonical() {
    StringBuilder text = new StringBuilder();
    for (Requirement r : requirements) {
      part(text, r.key()).append(r.operator().text);
      r.values().forEach(value -> part(text, value));
      text.append(';');
    }
    return text.toString();
  }

  /** Appends a part preceded by its length, so that no part can be mistaken for two. */
  public static StringBuilder part(StringBuilder text, String part) {
    return text.append(part.length()).append(':').append(part);
  }

  /**
   * Returns the syntax of {@code kubectl --selector}; {@code everything} for the empty selector.
   */
  @Override
  public String toString() {
    return isEverything()
        ? "everything"
        : requirements.stream().map(Requirement::toString).collect(Collectors.joining(","));
  }
}
