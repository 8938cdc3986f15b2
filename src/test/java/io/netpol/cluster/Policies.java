package io.netpol.cluster;

import java.util.Locale;

/** Writes the manifests of policies that select the pods of a role. */
final class Policies {

  private Policies() {}

  /**
   * Lets in what rules say.
   *
   * @param rules a list in YAML's flow style
   */
  static String ingress(String role, String rules) {
    return policy(role, "Ingress", "ingress: " + rules);
  }

  /** Lets out what rules say. */
  static String egress(String role, String rules) {
    return policy(role, "Egress", "egress: " + rules);
  }

  /** Rules that admit the pods of roles, or, where the direction is egress, connections to them. */
  static String pods(String direction, String... roles) {
    return "[{%s: [{podSelector: {matchExpressions: [{key: role, operator: In, values: [%s]}]}}]}]"
        .formatted(direction, String.join(", ", roles));
  }

  /** Rules that admit blocks of addresses. */
  static String blocks(String direction, String... cidrs) {
    StringBuilder blocks = new StringBuilder();
    for (String cidr : cidrs) {
      blocks.append("{ipBlock: {cidr: \"").append(cidr).append("\"}},");
    }
    return "[{%s: [%s]}]".formatted(direction, blocks);
  }

  private static String policy(String role, String type, String rules) {
    return """
    ---
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: %s-%s}
    spec:
      podSelector: {matchLabels: {role: %s}}
      policyTypes: [%s]
      %s
    """
        .formatted(role, type.toLowerCase(Locale.ROOT), role, type, rules);
  }
}
