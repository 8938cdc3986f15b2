package io.netpol.cli;

import static java.util.stream.Collectors.joining;
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
  void nodeWithoutIsolatedPodsGetsAnEmptyEntryForAnEarlierLoadMayHaveLedIn() {
    assertThat(render("--node", "n2")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            # ipset.restore
            # iptables.restore
            *filter
            :NWPLCY-FORWARD - [0:0]
            COMMIT
            # ip6tables.restore
            *filter
            :NWPLCY-FORWARD - [0:0]
            COMMIT
            """);
  }

  @Test
  void setIsFilledUnderAnotherNameAndThenExchanged() {
    assertThat(render("--node", "n1")).isZero();
    String sets =
        out.toString().lines().takeWhile(l -> !l.startsWith("# ipt")).collect(joining("\n"));
    assertThat(sets.replaceAll("NWPLCY-([46])-[a-z2-7]{20}", "S$1"))
        .isEqualTo(
            """
            # ipset.restore
            create S4 hash:ip family inet hashsize 64 maxelem 1024 -exist
            create S4-n hash:ip family inet hashsize 64 maxelem 1024 -exist
            flush S4-n
            add S4-n 10.0.1.1
            swap S4-n S4
            destroy S4-n
            create S6 hash:ip family inet6 hashsize 64 maxelem 1024 -exist
            create S6-n hash:ip family inet6 hashsize 64 maxelem 1024 -exist
            flush S6-n
            add S6-n fd00:1::1
            swap S6-n S6
            destroy S6-n""");
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
    assertThat(err.toString()).contains("expected one of [IPSET, RULES]");
    assertThat(render("--node", " ")).isEqualTo(2);
    assertThat(err.toString()).contains("--node is empty");
  }

  @Test
  void folderThatCannotBeWrittenIsNamedInWords() {
    Path file = manifests.resolve("pods.yaml");
    assertThat(render("--node", "n1", "--out", file.toString())).isEqualTo(2);
    CommandRun matrix =
        CommandRun.of("matrix", "--manifests", manifests.toString(), "--out", file + "/x");
    assertThat(matrix.status()).isEqualTo(2);
    assertThat(err + matrix.err())
        .contains("--out: cannot write " + file + ": a file of this name is there")
        .contains("--out: cannot write " + file + "/x: Not a directory")
        .doesNotContain("java.");
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
