package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of addresses that may be a node's own, offline. */
class NodeAddressOptionTest {

  private static final String MANIFESTS =
      """
      apiVersion: v1
      kind: Node
      metadata: {name: n1}
      spec: {podCIDRs: [10.0.1.0/24]}
      status: {addresses: [{type: InternalIP, address: 192.0.2.11}]}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: web, namespace: a}
      spec: {nodeName: n1}
      status: {phase: Running, podIP: 10.0.1.10}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: far, namespace: a}
      spec: {nodeName: n2}
      status: {phase: Running, podIP: 10.0.2.10}
      ---
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: dns, namespace: a}
      spec:
        podSelector: {}
        policyTypes: [Ingress, Egress]
        egress: [{to: [{ipBlock: {cidr: 169.254.20.10/32}}], ports: [{port: 53, protocol: UDP}]}]
      """;

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("all.yaml"), MANIFESTS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--from a/web --to 192.0.2.11                                         | ALLOWED | 0",
        "--from a/web --to 169.254.20.10                                      | UNKNOWN | 2",
        "--from 169.254.20.10 --to a/web                                      | UNKNOWN | 2",
        "--from a/web --to fe80::1                                            | family  | 2",
        "--from a/web --to 10.0.1.1                                           | UNKNOWN | 2",
        "--from a/far --to 10.0.1.1                                           | DENIED  | 1",
        "--from a/far --to 169.254.20.10                                      | UNKNOWN | 2",
        "--from a/web --to 169.254.169.254                                    | DENIED  | 1",
        "--from a/web --to 198.51.100.1                                       | DENIED  | 1",
        "--from a/web --to a/far                                              | DENIED  | 1",
        "--from a/web --to 169.254.20.10 --node-address n1=169.254.20.10      | ALLOWED | 0",
        "--from 169.254.20.10 --to a/web --node-address n1=169.254.20.10      | ALLOWED | 0",
        "--from a/far --to 169.254.20.10 --node-address n1=169.254.20.10      | DENIED  | 1",
        "--from a/far --to 10.96.0.10 --node-address n2=10.96.0.10            | ALLOWED | 0",
        "--from a/web --to 10.0.1.1 --node-address n1=169.254.20.10           | DENIED  | 1",
        "--from a/web --to 198.51.100.1 --node-address n1=198.51.100.1        | ALLOWED | 0",
      })
  void explainSaysWhatTheKernelDoesOrThatItIsNotKnown(String ask, String says, int status) {
    CommandRun run = run("explain", ask + " --port 80");
    assertThat(run.out() + run.err()).contains(says);
    assertThat(run.status()).isEqualTo(status);
  }

  @Test
  void doubtIsSaidWithWhatToDo() {
    String out = run("explain", "--from a/web --to 198.51.100.1 --port 80").out();
    assertThat(out.replaceAll("\\s+", " "))
        .contains(
            "but 198.51.100.1 may be a local address of node n1, which its pods always reach.")
        .contains("--node-address n1=198.51.100.1 says that it is; --agent on n1 knows.");
    assertThat(run("explain", "--from a/web --to a/far --port 80").out()).doesNotContain("may be");
    assertThat(run("explain", "--from a/web --to 169.254.20.10 --port 80 --output json").out())
        .contains("\"mayBeOfNode\" : \"n1\"", "\"probable\" : true");
  }

  @Test
  void matrixLeavesNamedAddressesOutAndNamesThoseInDoubt() {
    String untold = run("matrix", "--port 53 --protocol UDP").out();
    assertThat(untold).contains(" 169.254.20.10/32 ").contains("169.254.20.10/32 may be local to");
    String told =
        run(
                "matrix",
                "--node-address n1=169.254.20.10 --node-address n2=169.254.20.10 --port 53"
                    + " --protocol UDP")
            .out();
    assertThat(told).contains("a/far").doesNotContain("169.254.20.10");
    assertThat(run("matrix", "--output json").out()).contains("\"perhapsNodes\" : [");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n9=10.0.0.1 | there is no node \"n9\"",
        "n1=ten      | not an IP address",
        "n1          | NODE=ADDRESS is needed",
        "n1=10.0.2.10 | it is the address of the pod a/far",
        "=10.0.0.1   | NODE=ADDRESS is needed",
      })
  void wrongAddressIsNamed(String given, String message) {
    for (String command : List.of("explain --from a/web --to a/far --port 1", "matrix")) {
      String[] words = command.split(" ", 2);
      CommandRun run =
          run(words[0], (words.length > 1 ? words[1] : "") + " --node-address " + given);
      assertThat(run.err()).contains("--node-address \"" + given + "\"").contains(message);
      assertThat(run.status()).isEqualTo(2);
    }
  }

  private CommandRun run(String command, String options) {
    List<String> args = new ArrayList<>(List.of(command, "--manifests", folder.toString()));
    args.addAll(List.of(options.strip().split(" +")));
    return CommandRun.of(args.toArray(String[]::new));
  }
}
