package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LintCommandTest {

  private static final String BASE =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: srv, namespace: a, labels: {app: srv}}
      spec: {nodeName: n1}
      status: {podIP: 10.0.1.10}
      ---
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: good, namespace: a}
      spec: {podSelector: {matchLabels: {app: nobody}}}
      """;

  @TempDir private Path folder;

  @BeforeEach
  void writeBase() throws IOException {
    Files.writeString(folder.resolve("base.yaml"), BASE);
  }

  private CommandRun run(String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--manifests", folder.toString()));
    return CommandRun.of(all.toArray(new String[0]));
  }

  private void writeRefused() throws IOException {
    Files.writeString(
        folder.resolve("refused.yaml"),
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: bad, namespace: a}
        spec:
          podSelector: {}
          ingress:
          - ports:
            - protocol: TCP
              port: 99999
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicyList
        items:
        - metadata: {name: worse}
          spec:
            podSelector: {matchLabels: {app: yes}}
        - metadata: {name: fine}
          spec: {podSelector: {matchLabels: {app: nobody}}}
        ---
        a: [
        """);
    Files.writeString(
        folder.resolve("z.yaml"),
        """
        # the old group
        apiVersion: extensions/v1beta1
        kind: NetworkPolicy
        metadata: {name: old, namespace: a}
        spec: {podSelector: {}}
        """);
  }

  @Test
  void everythingThatIsRefusedIsNamedWithFileLineObjectAndField() throws IOException {
    writeRefused();
    CommandRun run = run("lint");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out())
        .startsWith(
            """
            refused  NetworkPolicy a/bad
              refused.yaml:9: spec.ingress[0].ports[0].port: not a port number: 99999
              -> correct it: an API server refuses it, so nothing of it is enforced, or
                 counts here
            refused  NetworkPolicy default/worse
              refused.yaml:16: items[0].spec.podSelector.matchLabels[app]: not a text:
            """)
        .contains(
            "refused  refused.yaml:21\n",
            "\nrefused  NetworkPolicy a/old\n  z.yaml:2: apiVersion: ")
        .containsPattern("write\\s+apiVersion:\\s+networking.k8s.io/v1\n")
        .doesNotContain("matches nothing")
        .contains("warning  a/good  selects-nothing", "warning  default/fine  selects-nothing");
    assertThat(run.err()).contains("refused: 4");
  }

  @Test
  void fileThatCannotBeReadIsNotSaidToBeRefusedByAnApiServer() throws IOException {
    Files.write(folder.resolve("odd.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});
    CommandRun run = run("lint");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out())
        .contains("refused  odd.yaml\n  not UTF-8\n  -> fix the file: nothing in it counts here\n")
        .doesNotContain("API server");
  }

  @Test
  void programsReadWhatIsRefusedToo() throws IOException {
    writeRefused();
    CommandRun run = run("lint", "--output", "json", "--fail-on", "never");
    assertThat(run.status()).isEqualTo(2);
    JsonNode first = new ObjectMapper().readTree(run.out()).get(0);
    assertThat(first.get("code").asText()).isEqualTo("refused");
    assertThat(first.get("severity").asText()).isEqualTo("error");
    assertThat(first.get("name").asText()).isEqualTo("bad");
    assertThat(first.get("file").asText()).isEqualTo("refused.yaml");
    assertThat(first.get("line").asInt()).isEqualTo(9);
  }

  @Test
  void otherCommandsStopAtTheFirstAndNameIt() throws IOException {
    writeRefused();
    CommandRun run = run("matrix");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "refused.yaml: document 1: spec.ingress[0].ports[0].port: not a port number: 99999"
                + " (NetworkPolicy a/bad, line 9)");
  }

  @Test
  void kindsOfOtherGroupsArePassedOverWithOneWarningEach() throws IOException {
    Files.writeString(
        folder.resolve("others.yaml"),
        """
        {apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: one, namespace: a}, spec: {selector: all()}}
        ---
        {apiVersion: projectcalico.org/v3, kind: NetworkPolicyList, items: [{metadata: {name: two}}, {metadata: {name: three}}]}
        ---
        {apiVersion: crd.antrea.io/v1beta1, kind: NetworkPolicy, metadata: {name: x}, spec: {priority: 5}}
        ---
        {apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: x}, spec: {tier: Admin}}
        ---
        {apiVersion: longhorn.io/v1beta2, kind: Node, metadata: {name: n1}, spec: {podCIDRs: 7}}
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}
        """);
    String warnings =
        """
        netpol: warning: ClusterNetworkPolicy of policy.networking.k8s.io/v1alpha2: skipped, because this API group is not supported (objects: 1, the first in others.yaml)
        netpol: warning: NetworkPolicy of crd.antrea.io/v1beta1: skipped, because this API group is not supported (objects: 1, the first in others.yaml)
        netpol: warning: NetworkPolicy of projectcalico.org/v3: skipped, because this API group is not supported (objects: 3, the first in others.yaml)
        netpol: warning: Node of longhorn.io/v1beta2: skipped, because this API group is not supported (objects: 1, the first in others.yaml)
        """;
    assertThat(run("lint", "--fail-on", "never"))
        .satisfies(
            lint -> {
              assertThat(lint.status()).isZero();
              assertThat(lint.err()).isEqualTo(warnings);
            });
    assertThat(run("matrix").err()).isEqualTo(warnings);
    assertThat(run("explain", "--from", "a/srv", "--to", "192.0.2.1", "--port", "80").err())
        .isEqualTo(warnings);
    assertThat(run("render", "--node", "n1").err()).isEqualTo(warnings);
    CommandRun diff =
        CommandRun.of("diff", "--before", folder.toString(), "--after", folder.toString());
    assertThat(diff.status()).isZero();
    assertThat(diff.err()).isEqualTo(warnings + warnings);
  }
}
