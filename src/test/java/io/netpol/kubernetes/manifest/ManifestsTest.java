package io.netpol.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.netpol.model.Direction;
import io.netpol.model.Namespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestsTest {

  private static final String POLICY =
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web}, spec: ";

  @TempDir Path folder;

  private void write(String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void aFolderOfFilesDocumentsAndLists() throws Exception {
    write(
        "a/web.yaml",
        """
        # comment only
        ---
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop, labels: {tier: front}}
        ---
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: web, namespace: shop, creationTimestamp: null}
        spec:
          podSelector: &pods {matchLabels: {app: web}}
          ingress:
          - from: [{podSelector: *pods}]
            ports: [{port: 80}, {port: http}]
        ---
        {apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {anything: [1]}}
        """);
    write(
        "b.yml",
        """
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: v1, kind: Pod, metadata: {name: p1}, spec: {nodeName: n1, newField: 1}}
        - {apiVersion: v1, kind: Node, metadata: {name: n1}}
        - {apiVersion: v1, kind: ConfigMap, metadata: {name: n1}}
        """);
    write(
        "c.json",
        """
        {"apiVersion": "v1", "kind": "PodList",
         "items": [{"metadata": {"name": "p2", "namespace": "other"}, "status": {"podIP": "10.0.0.1"}}]}
        """);
    write(
        "d.json",
        "{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"NetworkPolicyList\",\"items\":[]}");
    write("notes.txt", "{{{");
    write(".hidden/web.yaml", "{{{");
    Manifests manifests = Manifests.read(folder);
    assertThat(manifests.namespaces())
        .extracting(Namespace::name)
        .containsExactly("default", "other", "shop");
    assertThat(manifests.namespaces().get(0)).isEqualTo(Namespace.named("default"));
    assertThat(manifests.namespaces().get(2).labels()).containsEntry("tier", "front");
    assertThat(manifests.pods())
        .extracting(p -> p.key().toString())
        .containsExactly("default/p1", "other/p2");
    assertThat(manifests.nodes()).extracting(n -> n.name()).containsExactly("n1");
    assertThat(manifests.policies())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.key()).hasToString("shop/web");
              assertThat(p.rules(Direction.INGRESS).get(0).ports())
                  .hasToString("[TCP 80, TCP http]");
            });
    assertThat(manifests.warnings()).isEmpty();
  }

  @Test
  void whatIsOddButUnderstoodIsAWarning() throws Exception {
    write("a.yaml", POLICY + "{ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}}");
    assertThat(Manifests.read(folder).warnings())
        .singleElement()
        .asString()
        .startsWith("NetworkPolicy default/web: spec.ingress[0].from[0].ipBlock.cidr:");
  }

  @Test
  void portsAreNumbersAsKubectlReadsThem() throws Exception {
    write(
        "a.yaml",
        POLICY
            + "{ingress: [{ports: [{port: 0120}, {port: 0b1010001}, {port: 0x52}, {port: 8_3}, {port: 8.4e1}, {port: '85a'}]}]}}");
    assertThat(Manifests.read(folder).policies().get(0).rules(Direction.INGRESS).get(0).ports())
        .hasToString("[TCP 80, TCP 81, TCP 82, TCP 83, TCP 84, TCP 85a]");
  }

  @Test
  void jsonIsToldByWhatItBeginsWith() throws Exception {
    write(
        "a.yaml",
        "{\n\t\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n\t\"metadata\": {\"name\": \"p\"}\n}\n");
    assertThat(Manifests.read(folder).pods()).hasSize(1);
  }

  @Test
  void textOfMoreThanTwoMebiIsRefusedInEveryStyle() throws Exception {
    String large = "x".repeat(3 << 20);
    for (String text :
        new String[] {
          "a: " + large,
          "a: \"" + large + "\"",
          "a: '" + large + "'",
          "a: |\n  " + large,
          "? " + large
        }) {
      write("x.yaml", text);
      assertThatThrownBy(() -> Manifests.read(folder))
          .hasMessageStartingWith("x.yaml: document 1: a text of more than 2097152 characters");
    }
    write("x.yaml", "{apiVersion: v1, kind: Secret, data: {a: " + "x".repeat(2_000_000) + "}}");
    assertThat(Manifests.read(folder).pods()).isEmpty();
  }

  @Test
  void anEmptyFolderDeclaresNothingAndIsRemarkedOn() throws Exception {
    write("notes.txt", "kind: Pod");
    assertThat(Manifests.read(folder).namespaces()).isEmpty();
    assertThat(Manifests.read(folder).remarks())
        .containsExactly(folder + ": no manifests are there (*.yaml, *.yml and *.json are read)");
    write("a.yaml", "");
    assertThat(Manifests.read(folder).remarks()).isEmpty();
  }

  @Test
  void anEmptyNameOfAFolderIsNotTheFolderThatTheCommandRunsIn() {
    assertThatThrownBy(() -> Manifests.read(Path.of("")))
        .hasMessage("the name of the folder is empty");
  }

  @Test
  void namesAndLabelsThatAnApiServerTakesAreTaken() throws Exception {
    write(
        "x.yaml",
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: a.b-1, namespace: x-1, labels: {"k8s.io/A_b.c": "", B: A_b.c-1, c: null}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: %s}
        spec:
          podSelector:
            matchLabels: {"a.b/C_d": ""}
            matchExpressions: [{key: k8s.io/x, operator: In, values: ["", "1", A_b]}]
        """
            .formatted("a".repeat(253)));
    assertThat(Manifests.read(folder).policies()).hasSize(1);
    assertThat(Manifests.read(folder).pods()).hasSize(1);
  }

  static Stream<Arguments> refused() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    return Stream.of(
        arguments("a: [", "x.yaml: document 1: "),
        arguments("a: 1", "x.yaml: document 1: kind: missing"),
        arguments("{kind: X, apiVersion: v1}\n---\na: 1\na: 2", "x.yaml: document 2: "),
        arguments("[]", "x.yaml: document 1: not an object"),
        arguments("text", "x.yaml: document 1: not an object"),
        arguments("{kind: Pod}", "x.yaml: document 1: apiVersion: missing"),
        arguments("{1: a}", "x.yaml: document 1: "),
        arguments("{[a]: b}", "x.yaml: document 1: "),
        arguments("a: " + deep, "x.yaml: document 1: nested deeper than 64"),
        arguments(bomb.toString(), "x.yaml: document 1: too many values"),
        arguments("a: &a [*a]", "x.yaml: document 1: "),
        arguments("a: !!java.net.URL [x]", "x.yaml: document 1: "),
        arguments(
            "{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: a}}",
            "x.yaml: document 1: apiVersion: a NetworkPolicy of \"extensions/v1beta1\""),
        arguments("{apiVersion: v1, kind: Pod}", "x.yaml: document 1: metadata.name: missing"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: 1}}",
            "x.yaml: document 1: metadata.name: not a text"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {v: 1}}}",
            "x.yaml: document 1: metadata.labels[v]: not a text"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{ports: [{containerPort: x}]}]}}",
            "x.yaml: document 1: spec.containers[0].ports[0].containerPort: not readable"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: {a: b}}}",
            "x.yaml: document 1: spec.containers: not readable"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: 1.2.3}}",
            "x.yaml: document 1: status.podIP: not an IP address"),
        arguments(
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {kind: Pod}]}",
            "x.yaml: document 1: items[1].apiVersion: missing"),
        arguments(
            "{apiVersion: v1, kind: List, items: {}}", "x.yaml: document 1: items: not a list"),
        arguments(
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}, status: {podIP: z}}]}",
            "x.yaml: document 1: items[0].status.podIP: not an IP address"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: default}}",
            "x.yaml: document 2: Pod default/a is declared twice, first in x.yaml, document 1"),
        arguments(
            POLICY + "{podSelectors: {}}}", "x.yaml: document 1: spec.podSelectors: unknown field"),
        arguments(
            POLICY + "{ingress: [{ports: [{portt: 80}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].portt: unknown field"),
        arguments(
            POLICY + "{ingress: [{to: []}]}}",
            "x.yaml: document 1: spec.ingress[0].to: unknown field"),
        arguments(POLICY + "{}, specs: {}}", "x.yaml: document 1: specs: unknown field"),
        arguments(POLICY + "{ingress: {}}}", "x.yaml: document 1: spec.ingress: not a list"),
        arguments(
            POLICY + "{ingress: [{ports: [{port: true}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].port: not an integer or a text"),
        arguments(
            POLICY + "{ingress: [{ports: [{port: 1.5}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].port: not an integer or a text"),
        arguments(
            POLICY + "{ingress: [{ports: [{port: 70000}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].port: not a port number: 70000"),
        arguments(
            POLICY + "{podSelector: {matchLabels: {a: 1}}}}",
            "x.yaml: document 1: spec.podSelector.matchLabels[a]: not a text"),
        arguments(
            POLICY + "{policyTypes: [ingress]}}",
            "x.yaml: document 1: spec.policyTypes[0]: neither Ingress nor Egress"),
        arguments(
            POLICY + "{ingress: [{ports: [{port: yes}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].port: not an integer or a text"),
        arguments(
            POLICY + "{podSelector: {matchLabels: {app: on}}}}",
            "x.yaml: document 1: spec.podSelector.matchLabels[app]: not a text: \"true\""),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: off}}",
            "x.yaml: document 1: metadata.name: not a text: \"false\""),
        arguments(
            POLICY + "{ingress: [{ports: [{port: no}]}]}}",
            "x.yaml: document 1: spec.ingress[0].ports[0].port: not an integer or a text: \"false\","
                + " which YAML makes of n, no and off"),
        arguments(
            "a:\n\t- b",
            "x.yaml: document 1: found character '\\t(TAB)' that cannot start any token. (Do not use"
                + " \\t(TAB) for indentation) (line 2)"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: A_b}}",
            "x.yaml: document 1: metadata.name: not a name: \"A_b\" (at most 253 small letters"),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: " + "a".repeat(254) + "}}",
            "x.yaml: document 1: metadata.name: not a name: "),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: a.b}}",
            "x.yaml: document 1: metadata.namespace: not a name of a namespace: \"a.b\""),
        arguments(
            "{apiVersion: v1, kind: Namespace, metadata: {name: a.b}}",
            "x.yaml: document 1: metadata.name: not a name of a namespace: \"a.b\""),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: a b}}}",
            "x.yaml: document 1: metadata.labels[app]: not a value of a label: \"a b\""),
        arguments(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {a/b/c: d}}}",
            "x.yaml: document 1: metadata.labels[a/b/c]: not a key of a label: \"a/b/c\""),
        arguments(
            POLICY + "{podSelector: {matchLabels: {app: -a}}}}",
            "x.yaml: document 1: spec.podSelector.matchLabels[app]: not a value of a label: \"-a\""),
        arguments(
            POLICY + "{podSelector: {matchExpressions: [{key: a b, operator: Exists}]}}}",
            "x.yaml: document 1: spec.podSelector.matchExpressions[0].key: not a key of a label"),
        arguments(
            POLICY
                + "{podSelector: {matchExpressions: [{key: a, operator: In, values: [a, b/c]}]}}}",
            "x.yaml: document 1: spec.podSelector.matchExpressions[0].values[1]: not a value of a"
                + " label: \"b/c\""),
        arguments("a: 1\n...\nb: 1", "x.yaml: document 1: kind: missing (line 1)"),
        arguments(
            POLICY + "{policyTypes: [null]}}", "x.yaml: document 1: spec.policyTypes[0]: null"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsWrongIsNamedByFileDocumentAndField(String text, String message) throws Exception {
    write("x.yaml", text);
    assertThatThrownBy(() -> Manifests.read(folder))
        .isInstanceOf(ManifestException.class)
        .hasMessageStartingWith(message);
  }

  @ParameterizedTest
  @MethodSource("refusedJson")
  void jsonIsReadAsStrictly(String text, String message) throws Exception {
    write("x.json", text);
    assertThatThrownBy(() -> Manifests.read(folder))
        .isInstanceOf(ManifestException.class)
        .hasMessageStartingWith(message);
  }

  static Stream<Arguments> refusedJson() {
    return Stream.of(
        arguments("{", "x.json: document 1: "),
        arguments("{\"a\": 1, \"a\": 2}", "x.json: document 1: "),
        arguments("[".repeat(100_000), "x.json: document 1: "),
        arguments("{\"kind\":\"X\",\"apiVersion\":\"v1\"} {", "x.json: document 2: "));
  }

  @Test
  void whatIsNotUtf8IsNamed() throws Exception {
    Files.write(folder.resolve("x.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessage("x.yaml: not UTF-8");
  }

  @Test
  void aFolderThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Manifests.read(folder.resolve("nowhere")))
        .hasMessageEndingWith("nowhere: not a folder");
  }

  @Test
  void whatIsNoRegularFileIsNamedAndNotRead() throws Exception {
    Path pipe = folder.resolve("pipe.yaml");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessage("pipe.yaml: not a regular file");
    assertThatThrownBy(() -> Manifests.readFile(pipe)).hasMessage("pipe.yaml: not a regular file");
    Files.delete(pipe);
    Files.createSymbolicLink(pipe, Path.of("/dev/zero"));
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessage("pipe.yaml: not a regular file");
    Files.delete(pipe);
    Files.createSymbolicLink(pipe, folder.resolve("nowhere"));
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessage("pipe.yaml: not a regular file");
    Files.delete(pipe);
    Files.createSymbolicLink(pipe, folder); // a loop
    assertThatThrownBy(() -> Manifests.read(folder)).isInstanceOf(ManifestException.class);
  }

  @Test
  void bytesAndStructuresAtRandomEndInAReportOfOneShortLine() throws Exception {
    Random random = new Random(20261123);
    String valid = POLICY + "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}}\n";
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      byte[] bytes = valid.getBytes(StandardCharsets.UTF_8);
      for (int j = 1 + random.nextInt(4); j > 0; j--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) "\t\0{}[]&*!|>'\"%@`#,?:-\n".charAt(random.nextInt(21));
      }
      Path file = folder.resolve(random.nextBoolean() ? "x.yaml" : "x.json");
      Files.write(file, bytes);
      try {
        Manifests.read(folder);
      } catch (ManifestException e) {
        refused++;
        assertThat(e.getMessage()).startsWith("x.").hasSizeLessThan(700).doesNotContain("\n");
      }
      Files.delete(file);
    }
    assertThat(refused).isGreaterThan(1_000);
  }

  @Test
  void bombsAreRefusedBeforeTheyGrow() throws Exception {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      String item = "*a" + (i - 1);
      bomb.append(
          "a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, item))));
    }
    write("bomb.yaml", bomb.toString());
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessageContaining("bomb.yaml");
    write("bomb.yaml", "[".repeat(1_000_000));
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessageContaining("nested deeper");
    write("bomb.yaml", "{a: ".repeat(1_000_000));
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessageContaining("nested deeper");
    Files.delete(folder.resolve("bomb.yaml"));
    write("bomb.json", "[".repeat(1_000_000));
    assertThatThrownBy(() -> Manifests.read(folder)).hasMessageContaining("bomb.json");
    write("bomb.json", "\"" + "x".repeat(5_000_000) + "\"");
    assertThatThrownBy(() -> Manifests.read(folder))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
  }
}
