package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The cluster that the machine runs: its API by kubectl, its nodes by commands in them. */
final class RealCluster {

  /** An image with a web server, a client of it, a shell, and the tools of busybox. */
  static final String AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:" + agnhostVersion();

  /** The addresses of the machine that the API server runs on, which is no node. */
  static final List<String> OUTSIDE = List.of("192.168.60.1", "fd00:60::1");

  private static final Map<String, List<String>> NODES = new ConcurrentHashMap<>();

  private static final String TOOL = "cluster/cluster";

  private RealCluster() {}

  /** How a command ended, with what it printed. */
  record Ended(int status, String stdout, String stderr) {

    boolean ok() {
      return status == 0;
    }
  }

  /** What kubectl prints; fails where it fails. */
  static String kubectl(String... arguments) {
    Ended ended = tryKubectl("", arguments);
    assertThat(ended.ok()).as("kubectl %s: %s", String.join(" ", arguments), ended).isTrue();
    return ended.stdout();
  }

  /** Applies manifests; fails where kubectl does. */
  static void apply(String manifests) {
    apply(manifests, "default");
  }

  /** The same for objects that name no namespace. */
  static void apply(String manifests, String namespace) {
    Ended ended = tryKubectl(manifests, "-n", namespace, "apply", "-f", "-");
    assertThat(ended.ok()).as("kubectl apply: %s%n%s", ended, manifests).isTrue();
  }

  /** The same with an input, however it ends. */
  static Ended tryKubectl(String input, String... arguments) {
    return tool(input, "kubectl", arguments);
  }

  /** The addresses of a node, that of IPv4 first; they stay for as long as the cluster. */
  static List<String> addresses(String node) {
    String all = "jsonpath={.status.addresses[?(@.type=='InternalIP')].address}";
    return NODES.computeIfAbsent(
        node, any -> List.of(kubectl("get", "node", node, "-o", all).split(" ")));
  }

  /** Runs a command in the namespaces of a node. */
  static Ended onNode(String node, String... command) {
    List<String> all = new ArrayList<>(List.of(node));
    all.addAll(List.of(command));
    return tool("", "node", all.toArray(String[]::new));
  }

  /** Ends all processes of a node at once, as if its power had gone. */
  static void endNode(String node) {
    assertThat(tool("", "node-down", node).ok()).isTrue();
  }

  /** Starts a node again. */
  static void startNode(String node) {
    assertThat(tool("", "node-up", node).ok()).isTrue();
  }

  private static Ended tool(String input, String command, String... arguments) {
    List<String> line = new ArrayList<>(List.of(TOOL, command));
    line.addAll(List.of(arguments));
    return run(input, line);
  }

  /** Runs a command of this machine. */
  static Ended run(String input, List<String> command) {
    Path out = null;
    Path err = null;
    try {
      out = Files.createTempFile("netpol", "out");
      err = Files.createTempFile("netpol", "err");
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      try (var stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It did not read all of it.
      }
      if (!process.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("does not end: " + command);
      }
      return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(command + ": " + e, e);
    } finally {
      delete(out);
      delete(err);
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String agnhostVersion() {
    Ended version = run("", List.of("cluster/cluster", "agnhost-version"));
    assertThat(version.ok()).as("%s", version).isTrue();
    return version.stdout().strip();
  }
}
