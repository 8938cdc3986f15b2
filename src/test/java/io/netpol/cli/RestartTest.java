package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cli.GuardedNode.Mode;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.UnmanagedFamilyCheck;
import io.netpol.dataplane.render.Names;
import io.netpol.net.Family;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an agent does with what it finds in the kernel when it starts. */
@NeedsKernel
class RestartTest {

  @TempDir private Path folder;
  private GuardedNode node;

  static Stream<Mode> all() {
    return Mode.all();
  }

  static Stream<Mode> some() {
    return Mode.some();
  }

  static Stream<Mode> iptables() {
    return Mode.iptables();
  }

  @AfterEach
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void startWithNothingChangedStartsNoWritingProcess(Mode mode) throws Exception {
    node = new GuardedNode(mode, folder);
    policies();
    node.startAgent(Map.of(Setting.DENIED, "reject"));
    assertThat(node.tools().writes()).isNotEmpty();
    Map<String, List<String>> good = node.ours();
    node.stopAgent();

    node.tools().clear();
    node.startAgent(Map.of(Setting.DENIED, "reject", Setting.RESYNC_INTERVAL, "200"));
    node.awaitResync();
    assertThat(node.tools().writes()).isEmpty();
    assertThat(node.tools().started()).as("read").isNotEmpty();
    assertThat(node.ours()).isEqualTo(good);
  }

  @ParameterizedTest
  @MethodSource("some")
  void whatChangedMeanwhileIsWrittenAndNothingElse(Mode mode) throws Exception {
    Map<String, List<String>> good = enforced(mode);

    node.api().policy("shop", "late", "{podSelector: {matchLabels: {app: web}}}");
    node.api().createPod("shop/new", "n2", Map.of("app", "web"), List.of("10.244.2.99"));
    node.tools().clear();
    node.startAgent(Map.of());
    assertThat(node.tools().writes()).hasSizeBetween(mode.isNftables() ? 1 : 2, 3);
    assertThat(node.ours()).isNotEqualTo(good);
    node.stopAgent();

    node.api().deletePolicy("shop", "late");
    node.api().deletePod("shop/new");
    node.startAgent(Map.of(Setting.RESYNC_INTERVAL, "200"));
    node.until("the state before", () -> node.ours().equals(good));
  }

  /** Also sets that nobody needs since peers are written as rules. */
  @ParameterizedTest
  @MethodSource("iptables")
  void leftoversOfAnEarlierVersionAreCollectedLast(Mode mode) throws Exception {
    Map<String, List<String>> good = enforced(mode);

    StringBuilder sets = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      sets.append("create NWPLCY-4-orphan").append(i).append(" hash:ip\n");
      sets.append("add NWPLCY-4-orphan").append(i).append(" 192.0.2.").append(i).append('\n');
    }
    sets.append("create NWPLCY-old hash:net,port family inet6\n");
    sets.append("create NWPLCY-list list:set\nadd NWPLCY-list NWPLCY-4-orphan3\n");
    node.run(sets.toString(), "ipset", "restore");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      String old = tool == IptablesTools.IPTABLES ? "NWPLCY-4-orphan1" : "NWPLCY-old";
      String flags = tool == IptablesTools.IPTABLES ? "src" : "src,dst";
      node.run(
          """
          *filter
          :NWPLCY-IN-abcdefghijklmnop - [0:0]
          :NWPLCY-FROM-orphanorphan1 - [0:0]
          :NWPLCY-FROM-orphanorphan2 - [0:0]
          :NWPLCY-OLD-VERSION - [0:0]
          -A NWPLCY-IN-abcdefghijklmnop -m set --match-set %s %s -j RETURN
          -A NWPLCY-IN-abcdefghijklmnop -j DROP
          -A NWPLCY-FROM-orphanorphan1 -g NWPLCY-FROM-orphanorphan2
          -A NWPLCY-FROM-orphanorphan2 -j NWPLCY-IN-abcdefghijklmnop
          -A NWPLCY-FROM -j NWPLCY-FROM-orphanorphan1
          -A NWPLCY-OLD-VERSION -j ACCEPT
          -A FORWARD -m comment --comment "earlier form" -j NWPLCY-FORWARD
          -A OUTPUT -j NWPLCY-FORWARD
          COMMIT
          """
              .formatted(old, flags),
          node.iptables(tool) + "-restore",
          "--noflush");
    }
    List<String> foreign = node.foreign();

    node.startAgent(Map.of(Setting.RESYNC_INTERVAL, "100"));
    node.until("the state before", () -> node.ours().equals(good));
    assertThat(node.foreign()).isEqualTo(foreign);
  }

  /** An earlier version may have had other jumps: what they lead to must not come in the way. */
  @ParameterizedTest
  @MethodSource("iptables")
  void jumpsToOurChainsFromElsewhereAreCollected(Mode mode) throws Exception {
    Map<String, List<String>> good = enforced(mode);

    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      node.run(
          """
          *filter
          :NWPLCY-INPUT - [0:0]
          :OTHERS - [0:0]
          -A NWPLCY-INPUT -j ACCEPT
          -A INPUT -j NWPLCY-INPUT
          -A FORWARD -s 192.0.2.1 -j NWPLCY-INPUT
          -A OTHERS -p udp -j NWPLCY-INPUT
          COMMIT
          """
              .replace("192.0.2.1", tool == IptablesTools.IPTABLES ? "192.0.2.1" : "2001:db8::1"),
          node.iptables(tool) + "-restore",
          "--noflush");
    }
    node.api().policy("shop", "late", "{podSelector: {matchLabels: {app: web}}}");
    node.startAgent(Map.of(Setting.RESYNC_INTERVAL, "200"));
    node.until(
        "the policy that came meanwhile",
        () -> node.ours().toString().contains("shop/web ingress denied"));
    node.api().deletePolicy("shop", "late");
    node.until("the state before", () -> node.ours().equals(good));
    assertThat(node.foreign()).contains(":OTHERS - [0:0]");
  }

  @ParameterizedTest
  @MethodSource("ipset")
  void setsOfAnotherShapeUnderOurNamesAreReplaced(Mode mode) throws Exception {
    Map<String, List<String>> good = enforced(mode);

    List<String> names =
        good.keySet().stream().filter(n -> n.startsWith("set ")).map(n -> n.substring(4)).toList();
    assertThat(names).hasSizeGreaterThan(3);
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      for (String chain : List.of("FORWARD", "OUTPUT")) {
        node.run(node.iptables(tool) + " -D " + chain + " 1");
      }
      for (String command : List.of(" -F ", " -X ")) {
        for (String chain : chains(good, tool)) {
          node.run(node.iptables(tool) + command + chain);
        }
      }
    }
    for (int i = 0; i < names.size(); i++) {
      node.run("ipset destroy " + names.get(i));
      boolean v6 = names.get(i).startsWith(Names.PREFIX + "6-");
      String shape =
          switch (i % 3) {
            case 0 -> "hash:net,iface"; // another type
            case 1 ->
                good.get("set " + names.get(i)).stream()
                        .filter(line -> line.startsWith("create "))
                        .map(line -> line.substring("create ".length()))
                        .findFirst()
                        .orElseThrow()
                    + " maxelem 1"; // too small
            default -> "hash:ip family " + (v6 ? "inet" : "inet6"); // another family
          };
      node.run("ipset create " + names.get(i) + " " + shape);
      if (i % 3 == 0) {
        // Where others use it, it cannot be destroyed.
        node.run("ipset add " + names.get(i) + " 192.0.2.0/24,eth0");
      }
    }
    node.startAgent(Map.of(Setting.RESYNC_INTERVAL, "500", Setting.RETRY_INTERVAL, "500"));
    node.until("the state before", () -> node.ours().equals(good));
  }

  static Stream<Mode> ipset() {
    return Mode.all().filter(mode -> !mode.isNftables() && mode.peers().equals("ipset"));
  }

  private static List<String> chains(Map<String, List<String>> ours, KernelTool tool) {
    return ours.keySet().stream()
        .filter(name -> name.startsWith(tool.id() + " " + Names.PREFIX))
        .map(name -> name.substring(tool.id().length() + 1))
        .toList();
  }

  /** One of everything that a rule can be made of. */
  /** Without its rules the family would be open. */
  @ParameterizedTest
  @MethodSource("iptables")
  void familyThatIsEnforcedNoMoreKeepsItsRulesAndIsToldOf(Mode mode) throws Exception {
    node = new GuardedNode(mode, folder);
    policies();
    String save = folder.resolve("tools/ip6tables-save") + " -t filter";
    assertThat(UnmanagedFamilyCheck.warning(Family.IPV6, save)).isNull();
    node.startAgent(Map.of());
    Map<String, List<String>> good = node.ours();
    node.stopAgent();

    assertThat(UnmanagedFamilyCheck.warning(Family.IPV6, save))
        .contains("leaves out ipv6")
        .contains("netpol cleanup");
    node.startAgent(Map.of(Setting.FAMILIES, "ipv4", Setting.RESYNC_INTERVAL, "200"));
    node.awaitResync();
    assertThat(node.ours()).isEqualTo(good);
    assertThat(UnmanagedFamilyCheck.warning(Family.IPV6, "/no/such/ip6tables-save")).isNull();
  }

  /** Has an agent enforce policies and end; returns what is in the kernel then. */
  private Map<String, List<String>> enforced(Mode mode) throws Exception {
    node = new GuardedNode(mode, folder);
    policies();
    node.startAgent(Map.of());
    Map<String, List<String>> good = node.ours();
    node.stopAgent();
    return good;
  }

  private void policies() {
    node.api()
        .policy(
            "shop",
            "db",
            """
            podSelector: {matchLabels: {app: db}}
            ingress:
            - from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}, podSelector: {matchLabels: {app: toy}}}]
              ports: [{port: 80}, {port: 8000, endPort: 8080, protocol: UDP}, {port: 7, protocol: SCTP}]
            - from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.8/30]}}, {ipBlock: {cidr: "2001:db8::/32"}}]
            - from: [{ipBlock: {cidr: 198.51.100.0/24}}, {ipBlock: {cidr: 192.0.2.7/32}}]
            - ports: [{port: 22}]
            """);
    node.api()
        .policy(
            "shop",
            "cart",
            """
            podSelector: {matchExpressions: [{key: app, operator: In, values: [cart, web]}]}
            policyTypes: [Ingress, Egress]
            ingress: [{}]
            egress:
            - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}, {ipBlock: {cidr: "::/0"}}]
            - to: [{podSelector: {}}]
              ports: [{port: db}, {port: 53, protocol: UDP}]
            """);
  }
}
