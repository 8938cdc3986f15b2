package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Our rules among those of a host: beside them, before them, and never in them. */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostRulesTest {

  private static final String IPV4_RULES =
      """
      *filter
      :INPUT ACCEPT [7:420]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-FORWARD - [0:0]
      :NWPLCYOTHER - [0:0]
      :KUBE-EMPTY - [0:0]
      [3:180] -A FORWARD -m comment --comment "kubernetes \\"forwarding\\" rules" -j KUBE-FORWARD
      -A FORWARD -s 10.244.0.0/16 -j ACCEPT
      -A FORWARD -m set --match-set KUBE-CLUSTER-IP dst,dst -j NWPLCYOTHER
      -A OUTPUT -p tcp -m tcp --dport 9 -j REJECT --reject-with tcp-reset
      -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
      -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
      -A NWPLCYOTHER -m set ! --match-set foreign-net src -j RETURN
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :KUBE-SERVICES - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -s 10.244.0.0/16 ! -d 10.0.0.0/8 -j MASQUERADE
      -A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.1.17:53
      COMMIT
      """;

  private static final String IPV6_RULES =
      """
      *filter
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-FORWARD - [0:0]
      -A FORWARD -j KUBE-FORWARD
      -A OUTPUT -d 2001:db8::/32 -p udp -m udp --dport 9 -j DROP
      -A KUBE-FORWARD -s fd00:244::/32 -j ACCEPT
      COMMIT
      *nat
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -s fd00:244::/32 -d 2001:db8:113::/48 -j MASQUERADE
      COMMIT
      """;

  private static final String SETS =
      """
      create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536
      add KUBE-CLUSTER-IP 10.96.0.1,tcp:443
      create foreign-net hash:net family inet hashsize 1024 maxelem 65536 comment
      add foreign-net 10.0.0.0/8 comment "not ours"
      create NWPLCYOTHER hash:ip family inet6 hashsize 1024 maxelem 65536
      add NWPLCYOTHER fd00:244:0:1::b
      """;

  /** One after the other: from nothing to much, to other things, and back to nothing. */
  private static final List<String> CASES =
      List.of(
          "defaultDenyBoth",
          "allNamespacesIsolatedAtOnce",
          "everythingExceptARange",
          "egressNamedPortIsLookedUpOnEachPeer",
          "withoutPoliciesEverybodyReachesEverybody");

  private LabNetwork lab;
  private KernelNode node;
  private Map<String, PolicyCase> cases;

  static Stream<Mode> modes() {
    return Stream.of(Backend.values())
        .flatMap(
            backend ->
                Stream.of(PeerForm.values()).map(form -> new Mode(Wiring.ROUTED, backend, form)));
  }

  @BeforeAll
  void start() throws IOException {
    cases = PolicyCase.all().stream().collect(Collectors.toMap(PolicyCase::name, each -> each));
    lab = LabNetwork.start(new Topology().plan(Wiring.ROUTED));
    node = new KernelNode(lab, "n1");
  }

  @AfterAll
  void stop() {
    lab.close();
  }

  @AfterEach
  void wipe() throws IOException {
    for (Mode mode : modes().toList()) {
      node.clear(mode, "nat");
      node.clear(mode, "filter");
    }
    node.run("", "ipset", "destroy");
  }

  @ParameterizedTest
  @MethodSource("modes")
  void foreignChainsAndSetsStayByteForByte(Mode mode) throws IOException {
    giveForeignRules(mode);
    Map<String, String> before = foreign(mode);
    assertThat(before.toString()).contains("KUBE-EMPTY", "MASQUERADE", "not ours", "NWPLCYOTHER");
    for (String name : CASES) {
      node.apply(cluster(name), mode);
      assertThat(foreign(mode)).as("after " + name).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("modes")
  void packetsMeetOurRulesFirst(Mode mode) throws IOException {
    giveForeignRules(mode);
    node.apply(cluster("defaultDenyBoth"), mode);
    assertJumpsAreFirst(mode);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void ruleInsertedAboveOursComesToStandBelow(Mode mode) throws IOException {
    giveForeignRules(mode);
    Cluster cluster = cluster("defaultDenyBoth");
    node.apply(cluster, mode);
    for (String hook : List.of("FORWARD", "OUTPUT")) {
      change(mode, "-I " + hook + " 1 -p udp -m udp --dport 4789 -j ACCEPT");
    }
    Map<String, String> before = foreign(mode);
    assertThat(node.due(cluster, mode)).hasSize(2);
    node.apply(cluster, mode);
    assertJumpsAreFirst(mode);
    assertThat(foreign(mode)).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void jumpThatWasTakenAwayOrDoubledIsRepaired(Mode mode) throws IOException {
    giveForeignRules(mode);
    Cluster cluster = cluster("defaultDenyBoth");
    node.apply(cluster, mode);
    change(mode, "-D FORWARD 1");
    change(mode, "-A OUTPUT -m addrtype ! --src-type LOCAL -j " + Names.FORWARD);
    node.apply(cluster, mode);
    assertJumpsAreFirst(mode);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void ruleOrMemberThatSomebodyChangedIsRepaired(Mode mode) throws IOException {
    Cluster cluster = cluster("allNamespacesIsolatedAtOnce");
    node.apply(cluster, mode);
    String good = ours(mode);
    change(mode, "-F " + Names.TO);
    change(mode, "-I " + Names.FROM + " 1 -j ACCEPT");
    change(mode, "-N " + Names.PREFIX + "IN-stranger");
    for (String set : node.run("", "ipset", "list", "-name").lines().toList()) {
      node.run("", "ipset", "flush", set);
    }
    assertThat(ours(mode)).isNotEqualTo(good);
    node.apply(cluster, mode);
    assertThat(ours(mode)).isEqualTo(good);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void nothingIsDueOnceEverythingIsThere(Mode mode) throws IOException {
    giveForeignRules(mode);
    for (String name : CASES) {
      assertThat(node.apply(cluster(name), mode)).as(name).isNotEmpty();
      assertThat(node.apply(cluster(name), mode)).as(name + " again").isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("modes")
  void lastPolicyTakesItsChainsAndSetsAlong(Mode mode) throws IOException {
    node.apply(cluster("allNamespacesIsolatedAtOnce"), mode);
    node.apply(cluster("withoutPoliciesEverybodyReachesEverybody"), mode);
    assertThat(node.run("", "ipset", "save")).isEmpty();
    assertThat(node.rules(mode).lines().filter(line -> line.startsWith("-A " + Names.PREFIX)))
        .isEmpty();
    assertThat(node.rules(mode).lines().filter(line -> line.startsWith(":" + Names.PREFIX)))
        .as("the entry of each family")
        .hasSize(2)
        .allMatch(line -> line.startsWith(":" + Names.FORWARD + " "));
  }

  private Cluster cluster(String caseName) {
    return new CaseObjects(lab.plan(), cases.get(caseName)).knownTo(node.name(), new ArrayList<>());
  }

  private void giveForeignRules(Mode mode) throws IOException {
    node.run(SETS, "ipset", "restore");
    node.run(IPV4_RULES, mode.restore(IptablesTools.IPTABLES), "--counters", "--wait", "5");
    node.run(IPV6_RULES, mode.restore(IptablesTools.IP6TABLES), "--wait", "5");
  }

  /** Changes the filter tables of both families behind our back. */
  private void change(Mode mode, String line) throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      List<String> command = new ArrayList<>(List.of(mode.restore(tool).replace("-restore", "")));
      command.addAll(List.of("--wait", "5"));
      command.addAll(List.of(line.split(" ")));
      node.run("", command.toArray(String[]::new));
    }
  }

  /** Everything that is not ours, without counters, and without the times at which it was saved. */
  private Map<String, String> foreign(Mode mode) throws IOException {
    Map<String, String> foreign = new TreeMap<>();
    for (KernelTool tool : IptablesTools.ALL) {
      String saved =
          node.run("", tool == IptablesTools.IPSET ? "ipset save".split(" ") : save(mode, tool));
      foreign.put(tool.id(), lines(saved, false));
    }
    return foreign;
  }

  private String ours(Mode mode) throws IOException {
    return lines(node.rules(mode), true)
        + lines(node.run("", "ipset", "save"), true).lines().sorted().toList();
  }

  private static String[] save(Mode mode, KernelTool tool) {
    return new String[] {mode.save(tool)};
  }

  private static String lines(String saved, boolean ours) {
    return saved
        .lines()
        .filter(line -> !line.startsWith("#"))
        .filter(line -> line.contains(Names.PREFIX) == ours)
        .map(line -> line.replaceAll("\\[\\d+:\\d+\\]", "[0:0]"))
        .collect(Collectors.joining("\n"));
  }

  private void assertJumpsAreFirst(Mode mode) throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      List<String> rules = node.saved(tool, mode).lines().toList();
      Map<String, String> jumps =
          Map.of(
              "FORWARD", "-A FORWARD -j " + Names.FORWARD,
              "OUTPUT", "-A OUTPUT -m addrtype ! --src-type LOCAL -j " + Names.FORWARD);
      jumps.forEach(
          (hook, jump) ->
              assertThat(rules.stream().filter(rule -> rule.startsWith("-A " + hook + " ")))
                  .startsWith(jump)
                  .containsOnlyOnce(jump));
    }
  }
}
