package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatrixCommandTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--namespace nowhere | there is no namespace \"nowhere\"",
        "--port 70000 | not a port: \"70000\"",
        "--port nosuch | no pod has a TCP port named \"nosuch\"",
        "--port abc! | no pod has a TCP port named \"abc!\"",
        "--protocol ICMP | protocol is TCP, UDP or SCTP, not \"ICMP\"",
        "--output svg | expected one of [table, json, html]",
        "--agent | --agent answers from what it knows"
      })
  void wrongInputIsNamed(String options, String message) {
    CommandRun run = run("docs/examples/shop", options.split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void podsThatPoliciesTreatAlikeAreOneRow() throws IOException {
    Files.writeString(folder.resolve("all.yaml"), pods(12, "web") + pods(1, "db") + POLICY);
    CommandRun run = run(folder.toString(), "--port", "80", "--members");
    assertThat(run.out())
        .contains("1 shop/db-0       + + +")
        .contains("2 shop/web-* (12) + + +")
        .contains("3 world           - + .")
        .contains("shop/web-* (12): shop/web-0, shop/web-1, shop/web-10");
  }

  @Test
  void tableFitsATerminalAndHasNoColourInAPipe() throws IOException {
    StringBuilder all = new StringBuilder(POLICY);
    for (int i = 0; i < 100; i++) {
      all.append(POLICY.replace("shop", "team-" + i).replace("app: db", "app: web"));
      all.append(pods(2, "web").replace("shop", "team-" + i));
      all.append(pods(1, "db").replace("shop", "team-" + i));
    }
    Files.writeString(folder.resolve("all.yaml"), all);
    for (String[] options : new String[][] {{}, {"--namespace", "team-1,team-2"}}) {
      CommandRun run = run(folder.toString(), options);
      assertThat(run.status()).as(run.err()).isZero();
      assertThat(run.out().lines())
          .isNotEmpty()
          .allSatisfy(
              line -> assertThat(line).hasSizeLessThanOrEqualTo(80).doesNotContain("\u001b"));
    }
    assertThat(run(folder.toString()).out()).contains("team-99/* (3)", "are collapsed");
  }

  @Test
  void blocksThatTheSameRulesNameAreOneRow() throws IOException {
    StringBuilder all = new StringBuilder(pods(1, "db") + POLICY_OF_BLOCKS);
    for (int i = 0; i < 50_000; i++) {
      all.append(
          "    - ipBlock: {cidr: %d.%d.%d.0/28}\n"
              .formatted(20 + i / 65_536, i / 256 % 256, i % 256));
    }
    all.append("    - ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.128/25]}\n");
    all.append("  - from: [{ipBlock: {cidr: 192.0.2.0/24}}]\n    ports: [{port: 80}]\n");
    Files.writeString(folder.resolve("all.yaml"), all);
    assertThat(run(folder.toString()).out())
        .contains(
            """
            1 shop/db-0            + + + +
            2 world                - . . .
            3 20.0.0.0/28 (+50000) ~ . . .
            4 192.0.2.0/24         ~ . . .

            ~ 3 to 1: TCP 443
            ~ 4 to 1: TCP 80
            """);
  }

  private static final String POLICY_OF_BLOCKS =
      """
      ---
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: db, namespace: shop}
      spec:
        podSelector: {}
        ingress:
        - ports: [{port: 443}]
          from:
      """;

  private static final String POLICY =
      """
      ---
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: db, namespace: shop}
      spec:
        podSelector: {matchLabels: {app: db}}
        ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]
      """;

  private static String pods(int count, String app) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(
          """
          ---
          apiVersion: v1
          kind: Pod
          metadata: {name: %1$s-%2$d, namespace: shop, labels: {app: %1$s, number: "%2$d"}}
          """
              .formatted(app, i));
    }
    return text.toString();
  }

  private CommandRun run(String manifests, String... options) {
    List<String> args = new ArrayList<>(List.of("matrix", "--manifests", manifests));
    args.addAll(List.of(options));
    return CommandRun.of(args.toArray(String[]::new));
  }
}
