package io.netpol.observe.console;

import io.netpol.model.ObjectKey;
import java.util.Map;

/**
 * Selects the pods and policies that a client wants to see; null matches everything.
 *
 * @param pod a name, or namespace/name
 * @param policy a name, or namespace/name
 * @param limit the most pods, and the most policies
 */
record ViewFilter(String namespace, String pod, String policy, int limit) {

  static final int LIMIT = 50;
  private static final int MOST = 1_000;

  /**
   * Reads a request's parameters.
   *
   * @throws IllegalArgumentException if the limit is not a number
   */
  static ViewFilter of(Map<String, Object> parameters) {
    String limit = text(parameters, "limit");
    int number;
    try {
      number = limit == null ? LIMIT : Math.max(0, Math.min(MOST, Integer.parseInt(limit)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("limit is not a number");
    }
    return new ViewFilter(
        text(parameters, "namespace"), text(parameters, "pod"), text(parameters, "policy"), number);
  }

  private static String text(Map<String, Object> parameters, String name) {
    Object value = parameters.get(name);
    return value == null || value.toString().isEmpty() ? null : value.toString();
  }

  boolean wantsNamespace(String name) {
    return namespace == null || namespace.equals(name);
  }

  boolean wantsPod(ObjectKey key) {
    return wantsNamespace(key.namespace()) && is(pod, key);
  }

  boolean wantsPolicy(ObjectKey key) {
    return wantsNamespace(key.namespace()) && is(policy, key);
  }

  private static boolean is(String parameters, ObjectKey key) {
    return parameters == null || parameters.equals(key.name()) || parameters.equals(key.toString());
  }
}
