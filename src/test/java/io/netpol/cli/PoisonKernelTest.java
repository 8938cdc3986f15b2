package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel itself refuses has an end, and heals. */
@NeedsKernel
class PoisonKernelTest {

  private static final Pattern SET = Pattern.compile("create (NWPLCY-4-\\S+) hash:ip ");
  private static final int MAX_NAME = 253;

  @TempDir private Path folder;
  private LabNetwork lab;
  private TestAgent agent;

  @BeforeEach
  void start() throws Exception {
    lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"));
    String in = lab.inside("n1");
    agent =
        new TestAgent(
            folder,
            Map.of(
                Setting.COMMAND_IPSET, in + "ipset",
                Setting.COMMAND_CONNTRACK, in + "conntrack",
                Setting.COMMAND_IPTABLES, in + "iptables-nft-restore",
                Setting.COMMAND_IP6TABLES, in + "ip6tables-nft-restore"));
    agent.set(Setting.RESYNC_INTERVAL, "1000");
    agent.pod("db", "10.0.0.1");
    agent.pod("web-1", "10.0.0.2");
    agent.policy(
        "for-db",
        "db",
        "from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [web-1, web-2, web-3]}]}}],");
  }

  @AfterEach
  void stop() {
    agent.close();
    lab.close();
  }

  @Test
  void setThatIsFullMakesRoomAndStopsNothingElse() throws Exception {
    agent.start();
    eventually("the set is there", () -> run("ipset save").contains(" 10.0.0.2\n"));
    String set = setName();
    run("ipset create small hash:ip family inet maxelem 1");
    run("ipset add small 10.0.0.2");
    run("ipset swap small " + set);

    agent.pod("web-2", "10.0.0.3");
    agent.pod("web-3", "10.0.0.4");
    agent.pod("other", "10.0.0.5");
    agent.policy("for-other", "other", "");
    eventually("the rest goes in", () -> run("iptables-nft -S").contains("shop/for-other"));
    eventually(
        "all members are in",
        () ->
            run("ipset save " + set).contains(" 10.0.0.3\n")
                && run("ipset save " + set).contains(" 10.0.0.4\n"));
    eventually("ready", () -> agent.files().isEmpty() && agent.isReady());
  }

  @Test
  void setThatAnotherRuleUsesIsDestroyedWhenThatIsGone() throws Exception {
    agent.start();
    eventually("the set is there", () -> run("ipset save").contains(" 10.0.0.2\n"));
    String set = setName();
    run("iptables-nft -A INPUT -m set --match-set " + set + " src -j DROP");
    agent
        .api()
        .client()
        .network()
        .v1()
        .networkPolicies()
        .inNamespace("shop")
        .withName("for-db")
        .delete();
    eventually("the rules went", () -> !run("iptables-nft -S").contains("shop/for-db"));
    agent.policy("for-web", "web-1", "");
    eventually("the next goes in", () -> run("iptables-nft -S").contains("shop/for-web"));
    eventually("ready", agent::isReady);
    assertThat(run("ipset save")).contains("create " + set + " ");
    assertThat(agent.files()).isEmpty();

    run("iptables-nft -D INPUT -m set --match-set " + set + " src -j DROP");
    eventually("destroyed", () -> !run("ipset save").contains(set));
  }

  @Test
  void longestNamesFitIntoChainsAndComments() throws Exception {
    String longest = "n".repeat(MAX_NAME);
    agent.pod(longest, "10.0.0.6");
    agent.policy("p".repeat(MAX_NAME), longest.substring(0, 63), "");
    agent.start();
    eventually("applied", () -> run("iptables-nft -S").contains("shop/" + "p".repeat(200)));
    eventually("ready", agent::isReady);
    assertThat(agent.files()).isEmpty();
  }

  @Test
  void longestNamesFitIntoChainsAndCommentsOfNftables() throws Exception {
    String longest = "n".repeat(MAX_NAME);
    agent.set(Setting.BACKEND, "nftables");
    agent.pod(longest, "10.0.0.6");
    agent.policy("p".repeat(MAX_NAME), longest.substring(0, 63), "");
    agent.start();
    eventually("applied", () -> run("nft list ruleset").contains("shop/" + "p".repeat(50)));
    eventually("ready", agent::isReady);
    assertThat(agent.files()).isEmpty();
  }

  private String setName() throws IOException {
    Matcher matcher = SET.matcher(run("ipset save"));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private String run(String command) throws IOException {
    return lab.run("n1", command);
  }
}
