package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netpol.testing.Eventually;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How long it takes from the API server's answer to a write until the first packet is judged by it,
 * whoever enforces policies in the cluster. It asserts no duration: it prints figures.
 */
@Tag("latency")
class PolicyLatencyTest {

  /** Less than any controller needs; a connection that is denied is not waited for longer. */
  private static final int CONNECT_MILLIS = 20;

  private static final int ROUNDS = Integer.getInteger("netpol.test.rounds", 30);

  @AutoClose
  private final KubernetesClient client =
      new KubernetesClientBuilder()
          .withConfig(Config.fromKubeconfig(new File(System.getenv("NETPOL_TEST_KUBECONFIG"))))
          .build();

  @AutoClose private Namespace namespace;
  private InetSocketAddress web;

  @BeforeEach
  void startPod() {
    namespace = new Namespace("latency");
    namespace.apply(TestPod.server("web", "n1").yaml());
    namespace.ready("web");
    web = new InetSocketAddress(namespace.addresses("web").get(0), TestPod.TCP);
  }

  @Test
  void firstPacketAfterAPolicyComesAndGoes() throws Exception {
    List<Double> denied = new ArrayList<>();
    List<Double> allowed = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      Eventually.holds("the pod is reached", this::connects);
      NetworkPolicy policy =
          new NetworkPolicyBuilder()
              .withNewMetadata()
              .withName("deny")
              .withNamespace(namespace.name())
              .endMetadata()
              .withNewSpec()
              .withNewPodSelector()
              .endPodSelector()
              .withPolicyTypes("Ingress")
              .endSpec()
              .build();
      client.resource(policy).create();
      denied.add(millisUntil(false));
      client.resource(policy).delete();
      allowed.add(millisUntil(true));
    }
    print("from the API's answer to the first packet denied", denied);
    print("from the API's answer to the first packet allowed again", allowed);
    assertThat(denied).hasSize(ROUNDS);
  }

  /** A connection that fails lasts as long as its limit, and was judged when it began. */
  private double millisUntil(boolean connects) throws IOException {
    long start = System.nanoTime();
    long end = start + Eventually.BOUND.toNanos();
    while (System.nanoTime() < end) {
      long began = System.nanoTime();
      if (connects() == connects) {
        return (began - start) / 1e6;
      }
    }
    throw new AssertionError("never " + (connects ? "allowed" : "denied"));
  }

  private boolean connects() {
    try (Socket socket = new Socket()) {
      socket.connect(web, CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void print(String what, List<Double> millis) {
    List<Double> sorted = new ArrayList<>(millis);
    Collections.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "figure: %s: p50 %.0f ms, p90 %.0f ms, worst %.0f ms of %d%n",
        what,
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() * 9 / 10),
        sorted.get(sorted.size() - 1),
        sorted.size());
  }
}
