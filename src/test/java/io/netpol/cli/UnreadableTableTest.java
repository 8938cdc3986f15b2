package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.netpol.cli.GuardedNode.Mode;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.Names;
import io.netpol.kubernetes.ApiServer;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Somebody adds a rule to the filter table that only nft can print: iptables-nft-save prints no
 * table then, and ends with status 0.
 */
@NeedsKernel
class UnreadableTableTest {

  private static final Map<Setting, String> OFTEN =
      Map.of(Setting.CHECK_DELAY, "200", Setting.RESYNC_INTERVAL, "300");

  @TempDir private Path folder;
  private GuardedNode node;
  private Agent second;

  @BeforeEach
  void policy() throws Exception {
    node = new GuardedNode(new Mode(Backend.NFT, "ipset"), folder);
    node.api().policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
  }

  @AfterEach
  void stop() {
    if (second != null) {
      second.stop();
    }
    node.close();
  }

  private void makeUnreadable() throws IOException {
    node.run("iptables-nft -I INPUT -p tcp --dport 22 -j ACCEPT");
    node.run(
        "",
        "nft",
        "add rule ip filter INPUT ct state vmap { established : accept, related : accept }");
  }

  private void makeReadable() throws IOException {
    node.run("nft flush chain ip filter INPUT");
  }

  private String nft() throws IOException {
    return node.run("nft list table ip filter");
  }

  private long jumps() throws IOException {
    return count("jump " + Names.FORWARD + "\n");
  }

  /** nft prints no comments of iptables: pods are known by their chains. */
  private long podChains() throws IOException {
    return count("chain " + Names.PREFIX + "IN-");
  }

  private long count(String text) throws IOException {
    return Pattern.compile(Pattern.quote(text)).matcher(nft()).results().count();
  }

  private static HealthCheck.Result health(Agent agent) {
    return agent
        .context()
        .getRegistry()
        .lookupByNameAndType("apply-health", HealthCheck.class)
        .call();
  }

  private static double gauge(Agent agent) {
    return agent
        .context()
        .getRegistry()
        .lookupByNameAndType("metricsRegistry", MeterRegistry.class)
        .get("netpol.kernel.unreadable")
        .tag("tool", "iptables")
        .gauge()
        .value();
  }

  @Test
  void tableThatBecomesUnreadableIsKeptAndNeverRepaired() throws Exception {
    Agent agent = node.startAgent(OFTEN);
    node.until("ready", () -> health(agent).getState() == HealthCheck.State.UP);
    long jumps = jumps();
    makeUnreadable();
    node.until("down", () -> health(agent).getState() == HealthCheck.State.DOWN);
    assertThat(health(agent).getMessage().orElseThrow())
        .contains("table filter of iptables", "incompatible", "nft -a list table ip filter");
    assertThat(gauge(agent)).isEqualTo(1);
    node.tools().clear();
    for (int i = 0; i < 3; i++) {
      node.awaitResync();
    }
    assertThat(node.tools().writes()).as("repairs of what cannot be seen").isEmpty();
    assertThat(jumps()).isEqualTo(jumps);

    // What is right whatever the table holds goes on to be written.
    node.api().policy("shop", "cart", "podSelector: {matchLabels: {app: cart}}");
    node.until("the new policy", () -> podChains() == 2);
    assertThat(jumps()).isEqualTo(jumps);
    assertThat(health(agent).getState()).isEqualTo(HealthCheck.State.DOWN);

    makeReadable();
    node.until("ready again", () -> health(agent).getState() == HealthCheck.State.UP);
    assertThat(gauge(agent)).isZero();
    assertThat(jumps()).isEqualTo(jumps);
    assertThat(node.drift(Drift.What.JUMP)).isZero();
    assertThat(node.drift(Drift.What.CHAIN)).isZero();
  }

  @Test
  void agentThatStartsWithAnUnreadableTableLeavesItAndSaysWhy() throws Exception {
    node.startAgent(OFTEN);
    node.stopAgent();
    makeUnreadable();
    String before = nft();
    assertThat(podChains()).isEqualTo(1);
    node.api().deletePolicy("shop", "db");
    Map<Setting, String> settings = node.settings();
    settings.putAll(OFTEN);
    second = new Agent(Settings.of(settings), ApiServer.watched(node.api().config()));
    second.start();
    node.until(
        "the reason",
        () -> health(second).getMessage().orElse("").contains("is incompatible, use 'nft' tool"));
    assertThat(health(second).getState()).isEqualTo(HealthCheck.State.DOWN);
    assertThat(nft()).isEqualTo(before);

    makeReadable();
    node.until("what changed meanwhile", () -> podChains() == 0);
    node.until("ready", () -> health(second).getState() == HealthCheck.State.UP);
  }

  @Test
  void cleanupFailsAndNamesTheTableAndTheWayOut() throws Exception {
    node.startAgent(OFTEN);
    node.stopAgent();
    makeUnreadable();
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        CleanupCommand.clean(
            Settings.of(node.settings()), false, new PrintWriter(out), new PrintWriter(err));
    assertThat(status).isEqualTo(1);
    assertThat(err.toString())
        .contains("table filter of iptables", "incompatible", "nft -a list table ip filter");
    assertThat(nft()).contains("chain " + Names.FORWARD);

    makeReadable();
    assertThat(
            CleanupCommand.clean(
                Settings.of(node.settings()), false, new PrintWriter(out), new PrintWriter(err)))
        .isZero();
    assertThat(nft()).doesNotContain(Names.PREFIX);
  }

  /** A listing that is cut, or refused, is not one of a kernel that has nothing. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "nft \"$@\" | head -n 8",
        "nft \"$@\" | head -c 200",
        "true",
        "echo \"Operation not permitted (you must be root)\" >&2; exit 1"
      })
  void tableOfNftablesThatCannotBeListedStaysAndReadinessSaysSo(String listing) throws Exception {
    node.close();
    node = new GuardedNode(Mode.NFTABLES, folder.resolve("nftables"));
    node.api().policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
    Agent agent = node.startAgent(OFTEN);
    node.until("ready", () -> health(agent).getState() == HealthCheck.State.UP);
    Map<String, List<String>> good = node.ours();
    String script = "if [[ $* == *list* ]]; then " + listing + "; else exec nft \"$@\"; fi";
    node.tools().replace("nft", script);
    node.until("down", () -> health(agent).getState() == HealthCheck.State.DOWN);
    node.tools().clear();
    node.until("readings", () -> node.tools().started().size() > 4);
    assertThat(node.tools().writes()).as("repairs of what cannot be seen").isEmpty();
    assertThat(node.ours()).isEqualTo(good);
    node.stopAgent();

    node.api().deletePolicy("shop", "db");
    node.tools().clear();
    Map<Setting, String> settings = node.settings();
    settings.putAll(OFTEN);
    second = new Agent(Settings.of(settings), ApiServer.watched(node.api().config()));
    second.start();
    node.until("readings", () -> node.tools().started().size() > 4);
    assertThat(health(second).getState()).isEqualTo(HealthCheck.State.DOWN);
    assertThat(node.tools().writes()).isEmpty();
    assertThat(node.ours()).isEqualTo(good);

    node.tools().replace("nft", null);
    node.until("what changed meanwhile", () -> !node.ours().toString().contains("shop/db"));
    node.until("ready again", () -> health(second).getState() == HealthCheck.State.UP);
  }

  @ParameterizedTest
  @MethodSource("io.netpol.cli.GuardedNode$Mode#iptables")
  void ruleWithoutMatchOrTargetAndCommentsWithLineFeedsAreOthers(Mode mode) throws Exception {
    node.close();
    node = new GuardedNode(mode, folder.resolve("other"));
    node.api().policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      String iptables = node.iptables(tool);
      node.run("", iptables, "-A", "FORWARD");
      node.run("", iptables, "-A", "OUTPUT");
      node.run(
          "",
          iptables,
          "-A",
          "FORWARD",
          "-m",
          "comment",
          "--comment",
          "x\n-A NWPLCY-IN-q -j ACCEPT\nCOMMIT",
          "-j",
          "ACCEPT");
    }
    Agent agent = node.startAgent(OFTEN);
    for (int i = 0; i < 2; i++) {
      node.awaitResync();
    }
    assertThat(health(agent).getState()).isEqualTo(HealthCheck.State.UP);
    String saved = node.run(node.iptables(IptablesTools.IPTABLES) + "-save -t filter");
    assertThat(saved)
        .contains("shop/db ingress denied", "-A FORWARD\n", "-A FORWARD -j " + Names.FORWARD);
    assertThat(node.drift().values()).containsOnly(0L);
    node.api().policy("shop", "cart", "podSelector: {matchLabels: {app: cart}}");
    node.until(
        "another policy",
        () ->
            node.run(node.iptables(IptablesTools.IPTABLES) + "-save -t filter")
                .contains("shop/cart ingress denied"));
  }
}
