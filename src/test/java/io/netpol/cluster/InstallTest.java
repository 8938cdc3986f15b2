package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;
import static io.netpol.cluster.RealCluster.tryKubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every line of docs/install.md, word for word and in its order, does what the page says. */
@Tag("cluster")
class InstallTest {

  private static final String IMAGE = "registry.example.org/camel-netpol";

  /** Objects that deploy/ makes, and those that the try makes. */
  private static final List<String> OBJECTS =
      List.of(
          "namespace/camel-netpol",
          "namespace/try",
          "clusterrole/camel-netpol",
          "clusterrolebinding/camel-netpol");

  @TempDir private Path folder;

  @AfterEach
  void removeTheTry() {
    kubectl("delete", "namespace", "try", "--ignore-not-found");
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void eachLineDoesWhatThePageSays() throws Exception {
    PageCommands page = PageCommands.of(Path.of("docs/install.md"));
    assertThat(page.byHeading())
        .containsOnlyKeys("1. The image", "3. Apply", "4. Check", "Upgrade", "Uninstall");
    Checkout checkout = Checkout.in(folder);

    // `./dev cluster image` has built it, and docker is not here.
    assertThat(page.under("1. The image"))
        .containsExactly("./dev image --tag " + IMAGE + ":1", "docker push " + IMAGE + ":1");
    checkout.image(IMAGE, "1");

    page.under("3. Apply").forEach(checkout::run);
    check(page.under("4. Check"), checkout);
    try (Probes probes = new Probes()) {
      Probes.Since since = probes.settled();
      List<String> first = agents();
      checkout.image(IMAGE, "2");
      upgrade(page.under("Upgrade"), checkout, first);
      since.policiesHold();
    }
    uninstall(page.under("Uninstall"), checkout);
  }

  private static void check(List<String> lines, Checkout checkout) {
    List<Integer> tries = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("kubectl run client")) {
        Ended ended = checkout.tryRun(line);
        tries.add(ended.status());
        assertThat(ended.stdout() + ended.stderr())
            .as(line)
            .contains(tries.size() == 1 ? "Welcome" : "download timed out");
      } else if (line.startsWith("kubectl logs")) {
        assertThat(checkout.run(line).lines()).hasSize(NodeRules.nodes().size());
      } else if (line.startsWith("kubectl")) {
        checkout.run(line);
      } else if (line.startsWith("iptables")) {
        String node =
            kubectl("get", "pods", "-n", "try", "-o", "jsonpath={.items[0].spec.nodeName}");
        Ended chain = RealCluster.onNode(node, "bash", "-c", line);
        assertThat(chain.stdout()).as("%s on %s: %s", line, node, chain).contains("-A NWPLCY-");
      } else {
        for (String node : NodeRules.nodes()) {
          Ended ended = RealCluster.onNode(node, "bash", "-c", line);
          assertThat(ended.ok()).as("%s on %s: %s", line, node, ended).isTrue();
        }
      }
    }
    assertThat(tries).as("how the client ends, without and with the policy").containsExactly(0, 1);
  }

  private static void upgrade(List<String> lines, Checkout checkout, List<String> first) {
    List<String> before = first;
    List<String> rolledOut = new ArrayList<>();
    for (String line : lines) {
      checkout.run(line);
      if (line.contains("rollout status")) {
        assertThat(agents()).as("agents after " + lines).doesNotContainAnyElementsOf(before);
        before = agents();
        assertThat(images()).hasSize(1);
        rolledOut.addAll(images());
      }
    }
    assertThat(rolledOut).as("upgraded, and undone").containsExactly(IMAGE + ":2", IMAGE + ":1");
  }

  private static void uninstall(List<String> lines, Checkout checkout) {
    for (String node : NodeRules.nodes()) {
      assertThat(NodeRules.of(node)).as(node).isNotEmpty();
    }
    lines.forEach(checkout::run);
    for (String node : NodeRules.nodes()) {
      assertThat(NodeRules.of(node)).as(node).isEmpty();
    }
    for (String object : OBJECTS) {
      assertThat(tryKubectl("", "get", object).stderr()).contains("NotFound");
    }
  }

  private static List<String> agents() {
    return ofAgents("{.items[*].metadata.uid}");
  }

  private static Set<String> images() {
    return Set.copyOf(ofAgents("{.items[*].spec.containers[*].image}"));
  }

  private static List<String> ofAgents(String path) {
    String pods = "app.kubernetes.io/name=camel-netpol";
    return List.of(
        kubectl("get", "pods", "-n", "camel-netpol", "-l", pods, "-o", "jsonpath=" + path)
            .split(" "));
  }
}
