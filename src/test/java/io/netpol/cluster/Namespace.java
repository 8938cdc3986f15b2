package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;

import io.netpol.cluster.RealCluster.Ended;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A namespace of one test; closing it removes it with all that is in it. */
final class Namespace implements AutoCloseable {

  private final String name;

  /** Makes the namespace anew. */
  Namespace(String name) {
    this.name = name;
    close();
    kubectl("create", "namespace", name);
  }

  String name() {
    return name;
  }

  /** Applies manifests that name no namespace. */
  void apply(String manifests) {
    RealCluster.apply(manifests, name);
  }

  /** What kubectl prints for a command in this namespace; fails where it fails. */
  String ask(String... arguments) {
    return kubectl(here(arguments));
  }

  /** How a command of kubectl in this namespace ends. */
  Ended tryAsk(String... arguments) {
    return RealCluster.tryKubectl("", here(arguments));
  }

  /** The same with a field of an object, as a JSONPath without braces. */
  String field(String object, String path) {
    return ask("get", object, "-o", "jsonpath={" + path + "}");
  }

  /** Waits for what {@code kubectl wait --for} says of an object. */
  void await(String object, String what, String... options) {
    ask(
        Stream.concat(
                Stream.of("wait", object, "--for=" + what, "--timeout=8m"), Stream.of(options))
            .toArray(String[]::new));
  }

  /** Waits until pods are Ready. */
  void ready(String... pods) {
    for (String pod : pods) {
      await("pod/" + pod, "condition=Ready");
    }
  }

  /** The addresses of a pod, that of IPv4 first. */
  List<String> addresses(String pod) {
    return List.of(field("pod/" + pod, ".status.podIPs[*].ip").split(" "));
  }

  /** Runs a shell script in a pod, however it ends. */
  Ended shell(String pod, String script) {
    return tryAsk("exec", pod, "--", "sh", "-c", script);
  }

  void delete(String object) {
    ask("delete", object, "--wait=true", "--timeout=8m");
  }

  @Override
  public void close() {
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=true", "--timeout=8m");
  }

  private String[] here(String... arguments) {
    List<String> all = new ArrayList<>(List.of("-n", name));
    all.addAll(List.of(arguments));
    return all.toArray(String[]::new);
  }
}
