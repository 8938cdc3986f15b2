package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.AGNHOST;
import static io.netpol.cluster.RealCluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.util.ArrayList;
import java.util.List;

/**
 * Pods that connect to another all the time, over both families: one that policies allow, and two
 * that one direction of theirs forbids. They are on both nodes.
 */
final class Probes implements AutoCloseable {

  private static final String NAMESPACE = "probes";

  /** In seconds. A connection that is allowed may wait for so long, where much runs beside it. */
  private static final int PATIENCE = 10;

  /** Allowed by policies in both directions. */
  static final String ALLOWED = "allowed";

  /** Denied by the server's ingress. */
  static final String STRANGER = "stranger";

  /** Denied by its own egress. */
  static final String LOCKED = "locked";

  private static final String MANIFESTS =
      """
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: web, namespace: probes}
      spec:
        podSelector: {matchLabels: {run: web}}
        ingress: [{from: [{podSelector: {matchLabels: {run: allowed}}}, {podSelector: {matchLabels: {run: locked}}}]}]
      ---
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: locked, namespace: probes}
      spec: {podSelector: {matchLabels: {run: locked}}, policyTypes: [Egress]}
      """;

  /** Starts the server, and where they are to connect from. */
  Probes() {
    kubectl("create", "namespace", NAMESPACE);
    try {
      RealCluster.apply(MANIFESTS);
      pod("web", "n1", "netexec", "--http-port=80");
      String[] addresses =
          kubectl("get", "pod", "web", "-n", NAMESPACE, "-o", "jsonpath={.status.podIPs[*].ip}")
              .split(" ");
      assertThat(addresses).hasSize(2);
      client(ALLOWED, "n2", PATIENCE, addresses);
      client(STRANGER, "n1", 1, addresses);
      client(LOCKED, "n2", 1, addresses);
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private static void client(String name, String node, int seconds, String[] addresses) {
    // With its path: the shell has a wget of its own, which crashes at -T.
    String each =
        "if /bin/wget -T %d -qO- http://$to/ >/dev/null 2>&1; then echo passed; else echo failed; fi"
            .formatted(seconds);
    String script =
        "while :; do for to in %s '[%s]'; do %s; done; sleep 0.2; done"
            .formatted(addresses[0], addresses[1], each);
    pod(name, node, "--command", "--", "sh", "-c", script);
  }

  private static void pod(String name, String node, String... command) {
    List<String> line = new ArrayList<>(List.of("run", name, "-n", NAMESPACE));
    line.add("--image=" + AGNHOST);
    line.add("--overrides={\"spec\": {\"nodeName\": \"" + node + "\"}}");
    if (!command[0].equals("--command")) {
      line.add("--");
    }
    line.addAll(List.of(command));
    kubectl(line.toArray(String[]::new));
    kubectl("wait", "pod", name, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=8m");
  }

  /** Waits until each has connected anew, twice over each family, and says what came of it. */
  void round() throws Exception {
    for (String client : List.of(ALLOWED, STRANGER, LOCKED)) {
      int before = results(client).size();
      Eventually.holds(client + " connects", () -> results(client).size() >= before + 5);
    }
  }

  /** What has come of each connection of a client so far: {@code passed} or {@code failed}. */
  List<String> results(String client) {
    return kubectl("logs", client, "-n", NAMESPACE, "--tail=-1").lines().toList();
  }

  /** Waits until policies hold, and returns how many results each client had then. */
  Since settled() throws Exception {
    Eventually.holds(
        "policies hold",
        () -> last(ALLOWED, "passed") && last(STRANGER, "failed") && last(LOCKED, "failed"));
    return new Since(
        results(ALLOWED).size(), results(STRANGER).size(), results(LOCKED).size(), this);
  }

  /** Connects once from a client, over IPv4. */
  RealCluster.Ended connect(String client) {
    String url =
        "http://"
            + kubectl("get", "pod", "web", "-n", NAMESPACE, "-o", "jsonpath={.status.podIP}")
            + "/";
    String patience = String.valueOf(PATIENCE);
    return RealCluster.tryKubectl(
        "", "exec", client, "-n", NAMESPACE, "--", "wget", "-T", patience, "-qO-", url);
  }

  private boolean last(String client, String result) {
    List<String> all = results(client);
    return all.size() >= 4
        && all.subList(all.size() - 4, all.size()).stream().allMatch(result::equals);
  }

  /** From which of its results on each client is held to the policies. */
  record Since(int allowed, int stranger, int locked, Probes probes) {

    /** Fails where a connection that is forbidden has passed, or one that is allowed has not. */
    void policiesHold() throws Exception {
      probes.round();
      assertThat(after(ALLOWED, allowed)).doesNotContain("failed");
      assertThat(after(STRANGER, stranger)).doesNotContain("passed");
      assertThat(after(LOCKED, locked)).doesNotContain("passed");
    }

    private List<String> after(String client, int count) {
      List<String> all = probes.results(client);
      return all.subList(count, all.size());
    }
  }

  @Override
  public void close() {
    // Shells that are first processes take no notice of being asked.
    kubectl("delete", "pods", "--all", "-n", NAMESPACE, "--now");
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found");
  }
}
