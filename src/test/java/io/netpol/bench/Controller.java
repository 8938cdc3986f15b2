package io.netpol.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Says how a network policy controller is started.
 *
 * @param name what its column is called
 * @param command the program and its options
 * @param environment what it needs beside the environment of the benchmark
 */
record Controller(String name, List<String> command, Map<String, String> environment) {

  /** Where a pod finds its service account; in the namespaces of {@code ./dev bench} alone. */
  static final Path SERVICE_ACCOUNT = Path.of("/run/secrets/kubernetes.io/serviceaccount");

  Controller {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /**
   * Returns the distribution of this project, with its default settings.
   *
   * @param backend the value of {@code netpol.backend}
   */
  static Controller ours(Path home, Path kubeconfig, Path folder, String javaOpts, String backend) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("NETPOL_NODE", Load.NODE);
    environment.put("NETPOL_KUBECONFIG", kubeconfig.toString());
    environment.put("NETPOL_DEAD_LETTERS", folder.resolve("dead-letters").toString());
    environment.put("NETPOL_JAVA_OPTS", javaOpts);
    environment.put("NETPOL_BACKEND", backend);
    String name = backend.equals("auto") ? "camel-netpol" : "camel-netpol, " + backend;
    return new Controller(name, List.of(home.resolve("bin/netpol").toString(), "run"), environment);
  }

  /**
   * Returns a peer as the command line names it.
   *
   * @param peer {@code NAME=PATH}, perhaps with further options after a blank; the name starts with
   *     that of a controller that is known here
   * @throws IllegalArgumentException if it does not
   */
  static Controller peer(String peer, Path kubeconfig) {
    int equals = peer.indexOf('=');
    if (equals < 1 || equals == peer.length() - 1) {
      throw new IllegalArgumentException("a peer is NAME=PATH, not " + peer);
    }
    String name = peer.substring(0, equals);
    List<String> given = List.of(peer.substring(equals + 1).trim().split(" +"));
    List<String> command = new ArrayList<>(List.of(given.get(0)));
    Map<String, String> environment = Map.of();
    command.add("--hostname-override=" + Load.NODE);
    if (name.startsWith("kube-router")) {
      command.addAll(
          List.of(
              "--kubeconfig=" + kubeconfig,
              "--run-router=false",
              "--run-service-proxy=false",
              "--run-firewall=true",
              "--service-cluster-ip-range=10.96.0.0/16"));
    } else if (name.startsWith("kube-network-policies")) {
      // It takes no kubeconfig: it reads SERVICE_ACCOUNT.
      environment =
          Map.of(
              "KUBERNETES_SERVICE_HOST",
              KubernetesServer.ADDRESS,
              "KUBERNETES_SERVICE_PORT",
              Integer.toString(KubernetesServer.PORT));
    } else {
      throw new IllegalArgumentException(
          "a peer's name starts with kube-router or kube-network-policies, not " + name);
    }
    command.addAll(given.subList(1, given.size()));
    return new Controller(name, command, environment);
  }

  /** Returns the command in one line, without the folder of the program. */
  String line() {
    List<String> words = new ArrayList<>(command);
    words.set(0, program());
    return String.join(" ", words);
  }

  private String program() {
    return Path.of(command.get(0)).getFileName().toString();
  }

  /** Returns the first line that it says of its version; empty where it says nothing. */
  String version() throws IOException {
    Process process =
        new ProcessBuilder(command.get(0), "--version").redirectErrorStream(true).start();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return "";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    // Some say from where they run, too.
    return process.exitValue() == 0
        ? text.lines().findFirst().orElse("").replace(command.get(0), program()).trim()
        : "";
  }
}
