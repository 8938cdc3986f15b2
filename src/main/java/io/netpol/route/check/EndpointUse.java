package io.netpol.route.check;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Holds one endpoint that a step names.
 *
 * @param step the step that names it
 * @param at where its URI stands
 * @param scheme the name of its component; empty where only a running message tells it
 * @param path what stands between the scheme and the options, with {@code ${…}} as it is
 * @param options by name, from the URI and from {@code parameters}
 * @param consumed whether messages come from it
 */
record EndpointUse(
    Step step,
    YamlValue at,
    String scheme,
    String path,
    Map<String, YamlValue> options,
    boolean consumed) {

  /** Components of this process: what is sent there, a route of the agent has to take. */
  private static final Set<String> INTERNAL = Set.of("direct", "seda");

  /** What is sent there has no effect outside of the agent. */
  private static final Set<String> NO_EFFECT =
      Set.of("direct", "seda", "log", "mock", "bean", "stub");

  /** Returns whether it connects routes. */
  boolean isInternal() {
    return INTERNAL.contains(scheme);
  }

  /** Returns whether what is sent there leaves the agent. */
  boolean leavesTheAgent() {
    return !consumed && !NO_EFFECT.contains(scheme);
  }

  /** Returns whether only a running message tells the name. */
  boolean isDynamic() {
    return scheme.isEmpty() || path.contains("${");
  }

  /** Returns scheme and path, as in {@code direct:event}. */
  String key() {
    return scheme + ":" + path;
  }

  /** Returns whether messages that are sent here may come to a route that consumes the other. */
  boolean leadsTo(EndpointUse other) {
    if (!isInternal() || !other.consumed || !scheme.equals(other.scheme)) {
      return false;
    }
    if (!isDynamic()) {
      return path.equals(other.path);
    }
    StringBuilder pattern = new StringBuilder();
    for (String text : path.split("\\$\\{[^}]*}", -1)) {
      pattern.append(pattern.length() == 0 ? "" : ".*").append(Pattern.quote(text));
    }
    return other.path.matches(pattern.toString());
  }

  boolean isOn(String option) {
    YamlValue value = options.get(option);
    return value != null && "true".equals(value.text());
  }
}
