package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.lab.EmbeddedApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that look at objects take them from a live cluster as well. */
class LiveClusterTest {

  @TempDir private Path folder;

  @Test
  void explainAndLintAskTheApiServerOfAKubeconfig() throws IOException {
    try (EmbeddedApiServer api = EmbeddedApiServer.start()) {
      api.createNamespace("shop");
      create(api, "web", "10.0.0.1");
      create(api, "db", "10.0.0.2");
      api.client()
          .resource(
              Serialization.unmarshal(
                  """
                  metadata: {name: db, namespace: shop}
                  spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: sql}]}]}
                  """,
                  NetworkPolicy.class))
          .create();
      String kubeconfig = kubeconfig(api.config().getMasterUrl());

      CommandRun explain =
          CommandRun.of(
              "explain",
              "--kubeconfig",
              kubeconfig,
              "--from",
              "shop/web",
              "--to",
              "shop/db",
              "--port",
              "5432");
      assertThat(explain.status()).as(explain.toString()).isEqualTo(1);
      assertThat(explain.out()).contains("but shop/db has no TCP port named sql");

      CommandRun lint = CommandRun.of("lint", "--cluster", "--kubeconfig", kubeconfig);
      assertThat(lint.status()).as(lint.toString()).isEqualTo(1);
      assertThat(lint.out()).contains("error  shop/db  port-name-unknown");
      assertThat(CommandRun.of("lint", "--kubeconfig", kubeconfig, "--fail-on", "never").status())
          .isZero();

      CommandRun matrix = CommandRun.of("matrix", "--kubeconfig", kubeconfig, "--port", "5432");
      assertThat(matrix.out()).contains("1 shop/db  + + +", "2 shop/web - + +");

      // After is the cluster with the folder applied: what the folder does not name stays.
      Path change = Files.createDirectory(folder.resolve("change"));
      Files.writeString(
          change.resolve("policy.yaml"),
          """
          apiVersion: networking.k8s.io/v1
          kind: NetworkPolicy
          metadata: {name: more, namespace: shop}
          spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}
          """);
      CommandRun diff =
          CommandRun.of("diff", "--kubeconfig", kubeconfig, "--after", change.toString());
      assertThat(diff.status()).as(diff.toString()).isEqualTo(1);
      assertThat(diff.out()).startsWith("opens  TCP 5432\n").doesNotContain("closes");
    }
  }

  @Test
  void serverThatCannotBeReachedIsNoDenial() throws IOException {
    CommandRun run =
        CommandRun.of(
            "explain",
            "--kubeconfig",
            kubeconfig("http://127.0.0.1:1"),
            "--from",
            "shop/web",
            "--to",
            "shop/db",
            "--port",
            "5432");
    assertThat(run.status()).as(run.toString()).isEqualTo(2);
    assertThat(run.err()).contains("cannot list objects of kind Namespace");
  }

  @Test
  void badUsageIsSaid() {
    for (String[] args :
        new String[][] {
          {"lint", "--manifests", "docs/examples/shop", "--cluster"},
          {"lint", "--manifests", "nowhere"},
          {"lint", "--manifests", "docs/examples/shop", "--fail-on", "fatal"},
          {"lint", "--manifests", "docs/examples/shop", "--output", "yaml"},
          {"lint", "--kubeconfig", "nowhere"},
          {"explain", "--manifests", "docs/examples/shop", "--from", "shop/web"},
          {
            "explain",
            "--from",
            "shop/web",
            "--to",
            "shop/db",
            "--agent",
            "--cluster",
            "--port",
            "1"
          },
        }) {
      CommandRun run = CommandRun.of(args);
      assertThat(run.status()).as(String.join(" ", args)).isEqualTo(2);
      assertThat(run.err()).isNotBlank();
      assertThat(run.out()).isEmpty();
    }
  }

  private String kubeconfig(String server) throws IOException {
    return Files.writeString(folder.resolve("kubeconfig"), Kubeconfig.to(server)).toString();
  }

  private static void create(EmbeddedApiServer api, String name, String address) {
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: %1$s, namespace: shop, labels: {app: %1$s}}
                spec: {nodeName: n1}
                status: {phase: Running, podIPs: [{ip: %2$s}]}
                """
                    .formatted(name, address),
                Pod.class))
        .create();
  }
}
