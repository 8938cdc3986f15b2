package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the kubelet and the API server do with pods that no policy lets anybody reach. */
@Tag("cluster")
class KubeletProbesTest {

  private static final int PROBES = 20;

  @AutoClose private static Namespace namespace;

  @BeforeAll
  static void start() {
    Agents.install("deploy/");
    namespace = new Namespace("probed");
    namespace.apply(
        Policies.ingress("shut", "[]")
            + Policies.egress("shut", "[]")
            + Policies.ingress("outside", Policies.blocks("from", block(0), block(1)))
            + TestPod.server("outside", "n2").yaml()
            + TestPod.server("neighbour", "n1").yaml());
    for (String node : List.of("n1", "n2")) {
      namespace.apply(probed("http-" + node, node, "httpGet: {path: /hostname, port: 7070}"));
      namespace.apply(probed("tcp-" + node, node, "tcpSocket: {port: 7070}"));
    }
    namespace.ready("http-n1", "http-n2", "tcp-n1", "tcp-n2", "outside", "neighbour");
  }

  @Test
  void isolatedPodsStayReady() throws Exception {
    List<Target> targets =
        List.of("http-n1", "http-n2", "tcp-n1", "tcp-n2").stream()
            .flatMap(pod -> namespace.addresses(pod).stream())
            .map(address -> Target.tcp(address, address, TestPod.TCP))
            .toList();
    Client.pod(namespace, "neighbour").reachesOnly(List.of(), targets);
    String before = failed();
    for (String node : List.of("n1", "n2")) {
      long now = requests("http-" + node);
      Eventually.holds("probes", () -> requests("http-" + node) >= now + PROBES);
    }
    assertThat(namespace.field("pods", ".items[*].status.containerStatuses[*].restartCount"))
        .matches("[0 ]+");
    assertThat(namespace.field("pods", ".items[*].status.containerStatuses[*].ready"))
        .doesNotContain("false");
    assertThat(failed()).isEqualTo(before);
  }

  @Test
  void commandsAndForwardedPortsWorkInIsolatedPods() throws Exception {
    for (String pod : List.of("http-n1", "http-n2")) {
      assertThat(namespace.ask("exec", pod, "--", "hostname").strip()).isEqualTo(pod);
      assertThat(namespace.ask("logs", pod)).isNotEmpty();
      assertThat(forwarded(pod)).contains(pod);
    }
  }

  @Test
  void proxyOfTheApiServerIsAClientOutside() {
    assertThat(RealCluster.kubectl("get", "--raw", proxy("outside"))).isEqualTo("outside");
    assertThat(
            RealCluster.tryKubectl("", "get", "--raw", proxy("http-n1"), "--request-timeout=3s")
                .ok())
        .isFalse();
  }

  /** How often probes have failed: the kubelet tells it, even where the pod stays Ready. */
  private static String failed() {
    return namespace.ask(
        "get", "events", "--field-selector=reason=Unhealthy", "-o", "jsonpath={.items[*].count}");
  }

  private static String proxy(String pod) {
    return "/api/v1/namespaces/probed/pods/" + pod + ":" + TestPod.TCP + "/proxy/hostname";
  }

  /** What the pod's server says by {@code kubectl port-forward}. */
  private static String forwarded(String pod) {
    String script =
        """
        exec 3< <(exec kubectl -n probed port-forward pod/%s :7070)
        forwarder=$!
        read -r line <&3
        port=$(sed 's/^Forwarding from .*:\\([0-9]*\\) .*/\\1/' <<<"$line")
        busybox wget -q -O - "http://127.0.0.1:$port/hostname"
        kill "$forwarder"
        """
            .formatted(pod);
    return RealCluster.run("", List.of("bash", "-c", script)).stdout();
  }

  private static long requests(String pod) {
    return namespace.ask("logs", pod).lines().filter(line -> line.contains("/hostname")).count();
  }

  private static String block(int family) {
    return RealCluster.OUTSIDE.get(family) + (family == 0 ? "/32" : "/128");
  }

  private static String probed(String name, String node, String probe) {
    String often = "  periodSeconds: 1\n  failureThreshold: 3\n  timeoutSeconds: 30\n  " + probe;
    return TestPod.server(name, node)
        .role("shut")
        .withContainer("startupProbe: {periodSeconds: 1, failureThreshold: 300, " + probe + "}")
        .withContainer("readinessProbe:\n" + often)
        .withContainer("livenessProbe:\n" + often)
        .yaml();
  }
}
