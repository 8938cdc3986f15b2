package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.dataplane.render.RenderOptions.Unprogrammed;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever another program does to the table of the agent is found and undone, by a transaction
 * that the kernel takes.
 */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NftablesDriftTest {

  private static final RenderOptions USUAL = RenderOptions.DEFAULT;
  private static final Mode MODE =
      Mode.nftables(Wiring.ROUTED, PeerForm.IPSET)
          .with(
              new RenderOptions(
                  USUAL.families(),
                  PeerForm.IPSET,
                  USUAL.accept(),
                  USUAL.deny(),
                  Log.OFF,
                  Unprogrammed.DROP));

  private final Cluster cluster = EveryForm.cluster(20);
  private LabNetwork lab;
  private KernelNode node;
  private Dataplane dataplane;
  private String written;

  @BeforeAll
  void start() throws IOException {
    lab = LabNetwork.start(LabPlan.of(Wiring.ROUTED).node("n1"));
    node = new KernelNode(lab, "n1");
  }

  @BeforeEach
  void write() throws IOException {
    node.wipe(MODE);
    dataplane = MODE.unread(cluster, MODE.options());
    repair();
    written = listed();
  }

  @AfterAll
  void stop() {
    lab.close();
  }

  private void repair() throws IOException {
    node.attempt(dataplane, ReconcileRequest.everything("check", dataplane.tools()), MODE);
    for (Transaction unused : dataplane.collectGarbage(1_000)) {
      node.run(unused.payload(), "nft", "-f", "-");
      dataplane.confirm(unused);
    }
  }

  private String listed() throws IOException {
    return node.run("", "nft", "-s", "list", "table", "inet", "netpol");
  }

  private boolean summaryAgrees() throws IOException {
    return dataplane.agrees(
        dataplane.summary(dataplane.tool("nft")).orElseThrow(),
        node.run("", "nft", "-s", "-t", "list", "table", "inet", "netpol"));
  }

  /** Puts the names of the agent's objects in place of words in capitals. */
  private String named(String change) {
    return change
        .replace("TABLE", "inet netpol")
        .replace("POD-CHAIN", find("chain (NWPLCY-IN-\\S+-4) \\{"))
        .replace(
            "BLOCKS",
            find("set (\\S+) \\{\\s+type ipv4_addr\\s+flags interval\\s+elements = \\{ 10.0.0.0/9"))
        .replace(
            "PORTS",
            find("set (\\S+) \\{\\s+type ipv4_addr \\. inet_proto \\. inet_service\\s+elements"))
        .replace("PODS", find("set (NWPLCY-4\\S+) \\{\\s+type ipv4_addr\\s+elements"))
        .replace(
            "MEMBER", find("set NWPLCY-4\\S+ \\{\\s+type ipv4_addr\\s+elements = \\{ ([0-9.]+)"));
  }

  private String find(String pattern) {
    Matcher found = Pattern.compile(pattern).matcher(written);
    assertThat(found.find()).as(pattern).isTrue();
    return found.group(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "delete table TABLE",
        "flush ruleset",
        "flush table TABLE",
        "add chain TABLE foreign",
        "add chain TABLE foreign\nadd rule TABLE foreign jump POD-CHAIN",
        "add chain TABLE a\nadd chain TABLE b\nadd rule TABLE a jump b\nadd rule TABLE POD-CHAIN jump a",
        "add chain TABLE foreign { type filter hook forward priority -20; policy drop; }",
        "add map TABLE foreign { type ipv4_addr : mark; elements = { 10.9.9.9 : 1 }; }",
        "add chain TABLE foreign\n"
            + "add map TABLE foreign { type ipv4_addr : verdict; }\n"
            + "add element TABLE foreign { 10.9.9.9 : jump POD-CHAIN, 10.9.9.8 : goto foreign }\n"
            + "add rule TABLE foreign ip saddr vmap @foreign",
        "add set TABLE foreign { type ipv4_addr; elements = { 10.9.9.9 }; }",
        "add set TABLE foreign { type ifname; flags timeout; comment \"a } { b\"; size 7; }",
        "add set TABLE foreign { type ipv4_addr; }\nadd rule TABLE POD-CHAIN ip saddr @foreign accept",
        "add set TABLE NWPLCY-4-foreign { typeof ip saddr . tcp dport; flags interval; }",
        "delete chain TABLE NWPLCY-HOOK-FORWARD-4",
        "add chain TABLE NWPLCY-HOOK-FORWARD-4 { policy drop; }",
        "flush chain TABLE NWPLCY-FORWARD-6",
        "flush chain TABLE POD-CHAIN",
        "insert rule TABLE POD-CHAIN counter accept comment \"\tof } another {\"",
        "add rule TABLE POD-CHAIN meta l4proto 132 limit rate 5/minute counter return",
      })
  void changeIsSeenInTheSummaryAndUndone(String change) throws IOException {
    assertThat(summaryAgrees()).isTrue();
    node.run(named(change), "nft", "-f", "-");
    if (!node.run("", "nft", "list", "tables").contains("netpol")) {
      node.run("add table inet netpol", "nft", "-f", "-");
    }
    assertThat(summaryAgrees()).isFalse();
    assertUndone();
  }

  /** What only a listing with the elements shows. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "add element TABLE NWPLCY-FROM-4 { 10.9.9.9 : drop }",
        "add element TABLE NWPLCY-TO-4 { 10.9.9.9 comment \"a, } { b\" : jump POD-CHAIN }",
        "delete element TABLE NWPLCY-TO-4 { 10.0.0.1 }",
        "delete element TABLE NWPLCY-TO-4 { 10.0.0.1 }\n"
            + "add element TABLE NWPLCY-TO-4 { 10.0.0.1 : accept }",
        "flush map TABLE NWPLCY-FROM-6",
        "add element TABLE NWPLCY-TO-PROGRAMMED-4 { 10.0.0.99 }",
        "flush set TABLE NWPLCY-TO-PROGRAMMED-6",
        "flush set TABLE PODS",
        "add element TABLE PODS { 10.9.9.9 }",
        "add element TABLE PODS { 10.9.9.9 comment \"a, } { b\" }",
        "flush set TABLE PORTS",
        "add element TABLE PORTS { 10.9.9.9 . tcp . 80, 10.9.9.9 . icmp . 80, 10.9.9.9 . 200 . 9 }",
        "flush set TABLE BLOCKS",
        "add element TABLE BLOCKS { 192.0.2.0/24 }",
        "add element TABLE BLOCKS { 192.0.2.1-192.0.2.77, 192.0.2.80 comment \"a, b\" }",
        "flush set TABLE BLOCKS\nadd element TABLE BLOCKS { 10.0.0.0/8 }",
        "delete element TABLE BLOCKS { 10.0.0.0/9 }\nadd element TABLE BLOCKS { 10.5.0.0-10.6.0.3 }",
      })
  void changeOfElementsIsUndone(String change) throws IOException {
    node.run(named(change), "nft", "-f", "-");
    assertUndone();
  }

  private void assertUndone() throws IOException {
    dataplane.markStale(Set.copyOf(dataplane.tools()));
    repair();
    assertThat(blocks(listed())).containsExactlyInAnyOrderElementsOf(blocks(written));
    assertThat(node.due(cluster, MODE)).isEmpty();
    assertThat(summaryAgrees()).isTrue();
  }

  /** The objects of the table; nft lists them in the order in which they were made. */
  private static List<String> blocks(String table) {
    String within = table.substring(table.indexOf('\n') + 1, table.lastIndexOf('}'));
    return Stream.of(within.split("\n\n")).map(String::strip).toList();
  }

  /** Sets and maps can be made anew only while no rule matches them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "flush table TABLE\ndelete set TABLE PODS\nadd set TABLE PODS { type ipv6_addr; }",
        "flush table TABLE\ndelete set TABLE PODS\n"
            + "add set TABLE PODS { type ipv4_addr; flags timeout; timeout 1h; }",
        "flush table TABLE\ndelete set TABLE PODS\n"
            + "add set TABLE PODS { type ipv4_addr; size 3; comment \"x\"; }",
        "flush table TABLE\ndelete set TABLE BLOCKS\nadd set TABLE BLOCKS { type ipv4_addr; }",
        "flush table TABLE\ndelete set TABLE PODS\nadd map TABLE PODS { type ipv4_addr : mark; }",
        "flush chain TABLE NWPLCY-FORWARD-4\ndelete map TABLE NWPLCY-FROM-4\n"
            + "add map TABLE NWPLCY-FROM-4 { type ipv4_addr : mark; elements = { 10.0.0.1 : 7 }; }",
        "flush chain TABLE NWPLCY-FORWARD-4\ndelete map TABLE NWPLCY-TO-4\n"
            + "add map TABLE NWPLCY-TO-4 { type ipv4_addr : verdict; size 9;"
            + " elements = { 10.0.0.1 : accept }; }\n"
            + "add rule TABLE NWPLCY-FORWARD-4 ct state established,related return\n"
            + "add rule TABLE NWPLCY-FORWARD-4 ip daddr vmap @NWPLCY-TO-4",
        "flush chain TABLE NWPLCY-FORWARD-6\ndelete set TABLE NWPLCY-TO-PROGRAMMED-6\n"
            + "add set TABLE NWPLCY-TO-PROGRAMMED-6 { type ipv6_addr; flags interval; }",
      })
  void objectOfAnotherTypeIsReplaced(String change) throws IOException {
    node.run(named(change), "nft", "-f", "-");
    assertThat(summaryAgrees()).isFalse();
    assertUndone();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "flush chain TABLE POD-CHAIN", "delete chain TABLE NWPLCY-HOOK-FORWARD-4"})
  void dormantTableIsMadeAnew(String change) throws IOException {
    node.run(named(change), "nft", "-f", "-");
    node.run("add table inet netpol { flags dormant; }\n", "nft", "-f", "-");
    assertThat(listed()).contains("dormant");
    assertThat(summaryAgrees()).isFalse();
    assertUndone();
  }

  /** A remark changes nothing, and the kernel keeps it with an element that is added again. */
  @Test
  void remarkOnAnElementIsNoDifference() throws IOException {
    node.run(
        named(
            "delete element TABLE PODS { MEMBER }\n"
                + "add element TABLE PODS { MEMBER comment \"a, b\" }\n"),
        "nft",
        "-f",
        "-");
    assertThat(node.due(cluster, MODE)).isEmpty();
    node.run(
        named("delete element TABLE PODS { MEMBER }\nadd element TABLE PODS { MEMBER }\n"),
        "nft",
        "-f",
        "-");
    assertUndone();
  }

  @Test
  void objectsThatTheAgentDoesNotMakeAreLeftAlone() throws IOException {
    node.run(
        """
        table inet netpol {
          counter c { }
          quota q { over 5 mbytes }
          limit l { rate 400/minute }
          synproxy s { mss 1460 wscale 7 }
          ct helper h { type "ftp" protocol tcp; }
          ct timeout t { protocol tcp; policy = { established : 9 }; }
        }
        """,
        "nft",
        "-f",
        "-");
    assertThat(listed()).contains("synproxy s", "ct helper h");
    assertThat(node.due(cluster, MODE)).isEmpty();
    assertThat(summaryAgrees()).isTrue();
  }
}
