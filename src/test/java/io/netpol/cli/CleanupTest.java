package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leftovers of agents among the rules of a host, in both back-ends at once. */
@NeedsKernel
class CleanupTest {

  /** Some are near ours by name or text, and not ours. */
  private static final String FOREIGN =
      """
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-FORWARD - [0:0]
      :NWPLCYOTHER - [0:0]
      :MY-NWPLCY-X - [0:0]
      -A FORWARD -m comment --comment "before \\"-j NWPLCY-FORWARD\\" -j NWPLCY-FORWARD" -j KUBE-FORWARD
      -A FORWARD -j NWPLCYOTHER
      -A FORWARD -j MY-NWPLCY-X
      -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -m comment --comment NWPLCY-FORWARD -j ACCEPT
      COMMIT
      *nat
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -p tcp -m comment --comment "na\u00efve NWPLCY-" -j MASQUERADE
      COMMIT
      """;

  /** What an agent left, and one of an earlier version with a jump from elsewhere. */
  private static final String OURS =
      """
      *filter
      :NWPLCY-FORWARD - [0:0]
      :NWPLCY-FROM - [0:0]
      :NWPLCY-TO - [0:0]
      :NWPLCY-IN-aaaaaaaaaaaaaaaa - [0:0]
      :NWPLCY-OLD - [0:0]
      -I FORWARD 1 -j NWPLCY-FORWARD
      -I FORWARD 1 -j NWPLCY-FORWARD
      -I OUTPUT 1 -m addrtype ! --src-type LOCAL -j NWPLCY-FORWARD
      -A INPUT -m comment --comment "an \\"earlier\\" one -j X" -g NWPLCY-OLD
      -A KUBE-FORWARD -j NWPLCY-OLD
      -A NWPLCY-FORWARD -j NWPLCY-FROM
      -A NWPLCY-FORWARD -j NWPLCY-TO
      -A NWPLCY-TO -j NWPLCY-IN-aaaaaaaaaaaaaaaa
      -A NWPLCY-IN-aaaaaaaaaaaaaaaa -m set --match-set %s src -j RETURN
      -A NWPLCY-IN-aaaaaaaaaaaaaaaa -j DROP
      -A NWPLCY-OLD -j NWPLCYOTHER
      COMMIT
      """;

  private static final String SETS =
      """
      create foreign hash:net family inet comment
      add foreign 10.0.0.0/8 comment "NWPLCY-4-a"
      create NWPLCYOTHER hash:ip
      """;

  private static final String OUR_SETS =
      """
      create NWPLCY-4-a hash:ip family inet
      add NWPLCY-4-a 10.0.0.1
      create NWPLCY-6-a hash:ip family inet6
      create NWPLCY-4-unused hash:ip family inet
      """;

  private LabNetwork lab;

  @BeforeEach
  void start() throws IOException {
    lab = LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1"));
    run(SETS, "ipset", "restore");
    for (String backend : List.of("nft", "legacy")) {
      for (String tool : List.of("iptables", "ip6tables")) {
        run(FOREIGN, tool + "-" + backend + "-restore");
      }
    }
  }

  @AfterEach
  void stop() {
    lab.close();
  }

  @Test
  void allThatIsOursGoesFromBothBackendsAndNothingElse() throws IOException {
    String before = everything();
    assertThat(before).contains("NWPLCYOTHER", "MY-NWPLCY-X", "MASQUERADE");
    leave("nft");
    leave("legacy");
    String left = everything();
    Result dry = cleanup(true);
    assertThat(dry.status).isZero();
    assertThat(dry.out)
        .contains("would remove iptables-nft: chain NWPLCY-OLD")
        .contains("would remove ip6tables-legacy: jump KUBE-FORWARD -j NWPLCY-OLD")
        .contains("would remove ipset: set NWPLCY-6-a");
    assertThat(everything()).isEqualTo(left);

    Result real = cleanup(false);
    assertThat(real.err).isEmpty();
    assertThat(real.status).isZero();
    assertThat(dry.out.replace("would remove", "removed"))
        .as("each table once, also the one that a second command reads too")
        .isEqualTo(real.out);
    for (String tool :
        List.of("iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy")) {
      assertThat(real.out).contains("removed " + tool + ": 5 jumps, 5 chains with 6 rules");
    }
    assertThat(real.out).contains("removed ipset: 3 sets");
    assertThat(everything()).isEqualTo(before);

    Result second = cleanup(false);
    assertThat(second.status).isZero();
    assertThat(second.out.strip()).isEqualTo("nothing of ours is here");
    assertThat(second.err).isEmpty();
  }

  @Test
  void setThatAForeignRuleUsesIsNamedAndTheRestGoes() throws IOException {
    leave("nft");
    run("", "iptables-nft", "-A", "INPUT", "-m", "set", "--match-set", "NWPLCY-4-a", "src");
    Result result = cleanup(false);
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err.lines()).hasSize(1);
    assertThat(result.err).contains("NWPLCY-4-a").contains("in use");
    assertThat(result.out).contains("removed ipset: 2 sets");
    assertThat(everything())
        .contains("create NWPLCY-4-a")
        .doesNotContain("NWPLCY-FORWARD -j NWPLCY-FROM");
  }

  @Test
  void tableOfNftablesGoesAndNoOther() throws IOException {
    String others =
        """
        add table ip netpol
        add chain ip netpol NWPLCY-FORWARD-4 { type filter hook forward priority 0; }
        add table inet netpol-of-others
        add set inet netpol-of-others NWPLCY-4-a { type ipv4_addr; }
        add table bridge netpol
        add chain bridge netpol NWPLCY-FORWARD-4
        """;
    run(others, "nft", "-f", "-");
    String before = run("", "nft", "-s", "list", "ruleset");
    assertThat(cleanup(false).out.strip()).isEqualTo("nothing of ours is here");
    String ours =
        """
        add table inet netpol
        add set inet netpol s { type ipv4_addr; }
        add chain inet netpol a
        add chain inet netpol b
        add rule inet netpol b ip saddr @s jump a
        """;
    run(ours, "nft", "-f", "-");
    String left = run("", "nft", "-s", "list", "ruleset");

    Result none = cleanup(false, Map.of(Setting.COMMAND_NFT, "/nowhere/nft"));
    assertThat(none.status).isZero();
    assertThat(none.out.strip()).isEqualTo("nothing of ours is here");
    Result refused =
        cleanup(
            false,
            Map.of(Setting.COMMAND_NFT, lab.inside("n1") + "setpriv --bounding-set=-all nft"));
    assertThat(refused.status).as(refused.err).isEqualTo(1);
    assertThat(refused.err).contains("table inet netpol", "not permitted");
    Result dry = cleanup(true);
    assertThat(dry.out.strip()).isEqualTo("would remove nft: table inet netpol with 2 chains");
    assertThat(run("", "nft", "-s", "list", "ruleset")).isEqualTo(left);

    Result real = cleanup(false);
    assertThat(real.err).isEmpty();
    assertThat(real.status).isZero();
    assertThat(real.out).isEqualTo(dry.out.replace("would remove", "removed"));
    assertThat(run("", "nft", "-s", "list", "ruleset")).isEqualTo(before);
  }

  @Test
  void agentThatStillRunsIsWarnedOf() throws IOException {
    try (ServerSocket agent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Result result = cleanup(false, Map.of(Setting.HTTP_PORT, "" + agent.getLocalPort()));
      assertThat(result.err).contains("an agent runs on this node");
      assertThat(result.status).isZero();
    }
  }

  @Test
  void hostWithoutAnyToolIsNotClean() throws IOException {
    Result result =
        cleanup(
            false,
            Map.of(
                Setting.COMMAND_IPSET, "/nowhere/ipset",
                Setting.COMMAND_IPTABLES, "/nowhere/iptables-restore",
                Setting.COMMAND_IP6TABLES, "/nowhere/ip6tables-restore"));
    assertThat(result.status).isEqualTo(1);
    assertThat(result.err)
        .contains("none of these tools can be run here: ", "ipset, iptables, ip6tables");
  }

  private record Result(int status, String out, String err) {}

  private Result cleanup(boolean dry) throws IOException {
    return cleanup(dry, Map.of());
  }

  private Result cleanup(boolean dry, Map<Setting, String> more) throws IOException {
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.HTTP_PORT, "1");
    settings.put(Setting.COMMAND_IPSET, lab.inside("n1") + "ipset");
    settings.put(Setting.COMMAND_IPTABLES, lab.inside("n1") + "iptables-nft-restore");
    settings.put(Setting.COMMAND_IP6TABLES, lab.inside("n1") + "ip6tables-restore");
    settings.putAll(more);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        CleanupCommand.clean(
            Settings.of(settings), dry, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Result(status, out.toString(), err.toString());
  }

  private void leave(String backend) throws IOException {
    if (!output("ipset", "list", "-name").contains("NWPLCY-4-a")) {
      run(OUR_SETS, "ipset", "restore");
    }
    run(OURS.formatted("NWPLCY-4-a"), "iptables-" + backend + "-restore", "--noflush");
    run(OURS.formatted("NWPLCY-6-a"), "ip6tables-" + backend + "-restore", "--noflush");
  }

  /** All tables of all tools and all sets, less times and counts of packets. */
  private String everything() throws IOException {
    StringBuilder all = new StringBuilder(output("ipset", "save"));
    for (String backend : List.of("nft", "legacy")) {
      for (String tool : List.of("iptables", "ip6tables")) {
        output(tool + "-" + backend + "-save")
            .lines()
            .filter(line -> !line.startsWith("#"))
            .forEach(line -> all.append(line.replaceAll("\\[\\d+:\\d+]", "")).append('\n'));
      }
    }
    return all.toString();
  }

  private String output(String... command) throws IOException {
    return run("", command);
  }

  private String run(String stdin, String... command) throws IOException {
    return lab.run("n1", stdin, command);
  }
}
