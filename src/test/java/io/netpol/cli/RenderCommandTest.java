package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RenderCommandTest {

  private static final String PODS =
      """
      kind: List
      apiVersion: v1
      items:
      - kind: Pod
        apiVersion: v1
        metadata: {name: web, namespace: shop, labels: {app: web}}
        spec: {nodeName: n1}
        status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
      - kind: Pod
        apiVersion: v1
        metadata: {name: api, namespace: shop, labels: {app: api}}
        spec: {nodeName: n2}
        status: {podIP: 10.0.1.1, podIPs: [{ip: 10.0.1.1}, {ip: 'fd00:1::1'}]}
      """;

  private static final String POLICY =
      """
      kind: NetworkPolicy
      apiVersion: networking.k8s.io/v1
      metadata: {name: web, namespace: shop}
      spec:
        podSelector: {matchLabels: {app: web}}
        ingress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 80}]}]
      """;

  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path manifests;

  @BeforeEach
  void write() throws IOException {
    manifests = Files.createDirectory(folder.resolve("manifests"));
    Files.writeString(manifests.resolve("pods.yaml"), PODS);
    Files.writeString(manifests.resolve("policy.yaml"), POLICY);
  }

  @Test
  void sameManifestsGiveTheSameBytesInThreeFiles() throws IOException {
    for (String to : new String[] {"one", "two"}) {
      assertThat(render("--node", "n1", "--out", folder.resolve(to).toString())).isZero();
    }
    for (String file : new String[] {"ipset.restore", "iptables.restore", "ip6tables.restore"}) {
      assertThat(folder.resolve("one").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("two").resolve(file));
    }
    assertThat(folder.resolve("one/ipset.restore")).content().contains(" 10.0.1.1\n");
    assertThat(folder.resolve("one/iptables.restore"))
        .content()
        .contains("-I FORWARD 1 -j NWPLCY-FORWARD\n")
        .contains("-p tcp -m set --match-set NWPLCY-4-")
        .endsWith("COMMIT\n");
  }

  @Test
  void peersAsRulesNameThePod() {
    assertThat(render("--node", "n1", "--peers", "rules")).isZero();
    assertThat(out.toString())
        .contains(
            "-s 10.0.1.1/32 -p tcp -m tcp --dport 80 -m comment --comment"
                + " \"shop/web ingress 1: peer POD shop/api\" -j RETURN\n")
        .doesNotContain("create ");
  }

  @Test
  void nodeWithoutIsolatedPodsGetsNothing() {
    assertThat(render("--node", "n2")).isZero();
    assertThat(out.toString().lines().filter(line -> !line.startsWith("#"))).isEmpty();
  }

  @Test
  void badFileIsNamedAndNothingIsWritten() throws IOException {
    Files.writeString(manifests.resolve("policy.yaml"), POLICY.replace("port: 80", "port: 99999"));
    Path to = folder.resolve("out");
    assertThat(render("--node", "n1", "--out", to.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("policy.yaml").contains("spec.ingress[0].ports[0].port");
    assertThat(to).doesNotExist();
  }

  @Test
  void badUsageIsStatusTwo() {
    assertThat(render()).isEqualTo(2);
    assertThat(render("--node", "n1", "--peers", "both")).isEqualTo(2);
    assertThat(err.toString()).contains("--peers is ipset or rules, not both");
  }

  private int render(String... arguments) {
    CommandLine netpol = Netpol.commandLine();
    netpol.setOut(new PrintWriter(out, true));
    netpol.setErr(new PrintWriter(err, true));
    String[] all = new String[arguments.length + 3];
    all[0] = "render";
    all[1] = "--manifests";
    all[2] = manifests.toString();
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return netpol.execute(all);
  }
}
