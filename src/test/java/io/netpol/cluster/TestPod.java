package io.netpol.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/**
 * Writes the manifest of a pod of the image agnhost, with a label {@code role} to select it by.
 *
 * @param command the command of its only container
 * @param spec further fields of its spec, as lines of YAML without indentation
 * @param container further fields of its container, as lines of YAML without indentation
 */
record TestPod(
    String name, String node, String role, List<String> command, String spec, String container) {

  /** The TCP port of a server; other pods of the cluster, such as CoreDNS, do not listen there. */
  static final int TCP = 7070;

  /** The UDP port of a server. */
  static final int UDP = 7071;

  /** A pod that serves TCP and UDP, and in which commands can be run. */
  static TestPod server(String name, String node) {
    return running(name, node, "/agnhost", "netexec", "--http-port=" + TCP, "--udp-port=" + UDP);
  }

  /** A pod with a command; its role is its name. */
  static TestPod running(String name, String node, String... command) {
    return new TestPod(name, node, name, List.of(command), "", "");
  }

  /** A pod that runs a shell script. */
  static TestPod script(String name, String node, String script) {
    return running(name, node, "sh", "-c", script);
  }

  TestPod role(String other) {
    return new TestPod(name, node, other, command, spec, container);
  }

  /** The same pod on the network of its node. */
  TestPod onHostNetwork() {
    return withSpec("hostNetwork: true");
  }

  TestPod withSpec(String more) {
    return new TestPod(name, node, role, command, spec + more + "\n", container);
  }

  TestPod withContainer(String more) {
    return new TestPod(name, node, role, command, spec, container + more + "\n");
  }

  /** The pod's manifest, as one document. */
  String yaml() {
    return "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\n" + template();
  }

  /** Labels and spec, to go below {@code metadata:}, of a pod or of a template that says so. */
  String template() {
    return """
      labels: {role: "%s"}
    spec:
    %s
    """
        .formatted(role, indented(body(), 2));
  }

  private String body() {
    return """
    nodeSelector: {kubernetes.io/hostname: %s}
    terminationGracePeriodSeconds: 0
    automountServiceAccountToken: false
    enableServiceLinks: false
    %scontainers:
    - name: main
      image: %s
      command: %s
    %s"""
        .formatted(node, spec, RealCluster.AGNHOST, json(command), indented(container, 2));
  }

  static String indented(String lines, int by) {
    return lines.indent(by).stripTrailing();
  }

  private static String json(List<String> words) {
    try {
      return new ObjectMapper().writeValueAsString(words);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
