package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cli.GuardedNode.Mode;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.Names;
import io.netpol.lab.Flow;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody changes what is ours: the next check finds it and repairs it, and nothing else. */
@NeedsKernel
class DriftTest {

  private static final Map<Setting, String> OFTEN = Map.of(Setting.RESYNC_INTERVAL, "100");

  private static final int PORT = 80;

  /** What {@code firewall-cmd --reload} does to the kernel: the table is made anew. */
  private static final String FIREWALLD =
      """
      add table inet firewalld
      delete table inet firewalld
      table inet firewalld {
        set NWPLCY-4-of-others { type ipv4_addr; elements = { 192.0.2.1 }; }
        chain filter_FORWARD {
          type filter hook forward priority filter + 10; policy accept;
          ct state { established, related } accept
          tcp dport 9999 drop
        }
      }
      """;

  /** What the policies deny among the pods of the lab. */
  private static final List<String> DENIED =
      List.of("shop/cart shop/web", "shop/cart shop/api", "shop/cart play/toy", "play/toy shop/db");

  @TempDir private Path folder;
  private GuardedNode node;
  private Prober prober;
  private Mode mode;
  private Map<String, List<String>> good;
  private final List<Tampering> tamperings = new ArrayList<>();

  /** What somebody does, and what of ours is found changed then. */
  private record Tampering(Drift.What what, String name, Act act) {}

  private interface Act {
    void run() throws IOException;
  }

  static Stream<Mode> some() {
    return Mode.some();
  }

  static Stream<Mode> others() {
    List<Mode> some = Mode.some().toList();
    return Mode.all().filter(mode -> !some.contains(mode));
  }

  @AfterEach
  void stop() {
    if (prober != null) {
      prober.close();
    }
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @MethodSource("some")
  void whateverSomebodyDoesToOursIsRepairedByTheNextCheck(Mode mode) throws Exception {
    repairsEverything(mode);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("others")
  void whateverSomebodyDoesToOursIsRepairedInTheOtherModesToo(Mode mode) throws Exception {
    repairsEverything(mode);
  }

  private void repairsEverything(Mode mode) throws Exception {
    start(mode);
    if (mode.isNftables()) {
      nftTamperings();
    } else {
      tamperings();
    }
    prober = Prober.start(node.lab(), Set.of(PORT));
    for (Tampering each : tamperings) {
      long counted = node.drift(each.what());
      each.act().run();
      List<String> foreign = node.foreign();
      node.awaitResync();
      assertThat(node.ours()).as("after: " + each.name()).isEqualTo(good);
      assertThat(node.foreign()).as("others' after: " + each.name()).isEqualTo(foreign);
      assertThat(node.drift(each.what())).as("count of: " + each.name()).isGreaterThan(counted);
      if (mode.isNftables()) {
        // The same text can do nothing, as in a table that is dormant.
        assertThat(denied()).as("denied after: " + each.name()).isEqualTo(DENIED);
      }
    }
    Map<Drift.What, Long> counted = node.drift();
    node.awaitResync();
    assertThat(node.repaired()).isEqualTo(counted);
    assertThat(node.drift()).as("where nothing differs").isEqualTo(counted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add SET 10.77.0.0/16 nomatch",
        "-exist add SET 10.0.0.0/8 nomatch",
        "-exist add SET 10.244.2.0/24"
      })
  void exceptionsInBlocksAreRepaired(String change) throws Exception {
    start(new Mode(Backend.NFT, "ipset"));
    long counted = node.drift(Drift.What.SET);
    node.run("ipset " + change.replace("SET", set("10.0.0.0/8")));
    node.until("the count", () -> node.drift(Drift.What.SET) > counted);
    node.until("the repair", () -> node.ours().equals(good));
  }

  /** Long before the next resync. */
  @ParameterizedTest
  @MethodSource("some")
  void whoChangesOursRightAfterOurWriteIsFoundOutSoon(Mode mode) throws Exception {
    start(mode, Map.of(Setting.CHECK_DELAY, "300", Setting.RESYNC_INTERVAL, "3600000"));
    String chain = name(Names.PREFIX + "IN-");
    long counted = node.drift(Drift.What.CHAIN);
    node.tools()
        .meddleAfterNextWrite(
            (mode.isNftables()
                    ? "nft flush chain inet netpol "
                    : node.iptables(IptablesTools.IPTABLES) + " -w -F ")
                + chain
                + "\n");
    node.api().policy("shop", "more", "{podSelector: {matchLabels: {app: web}}}");
    node.until("the meddling", node.tools()::hasMeddled);
    node.until("the count", () -> node.drift(Drift.What.CHAIN) > counted);
    node.api().deletePolicy("shop", "more");
    node.until("the state before", () -> node.ours().equals(good));
  }

  /** Long before the next resync, though only a summary of the sets is read after a write. */
  @Test
  void whoEmptiesASetRightAfterOurWriteIsFoundOutSoon() throws Exception {
    start(
        Mode.iptables().filter(m -> m.peers().equals("ipset")).findFirst().orElseThrow(),
        Map.of(Setting.CHECK_DELAY, "300", Setting.RESYNC_INTERVAL, "3600000"));
    long counted = node.drift(Drift.What.SET);
    node.tools().meddleAfterNextWrite("ipset flush " + set("10.244.2.14") + "\n");
    node.api().policy("shop", "more", "{podSelector: {matchLabels: {app: web}}}");
    node.until("the meddling", node.tools()::hasMeddled);
    node.until("the count", () -> node.drift(Drift.What.SET) > counted);
    node.api().deletePolicy("shop", "more");
    node.until("the state before", () -> node.ours().equals(good));
  }

  @ParameterizedTest
  @MethodSource("some")
  void checkThatFindsNothingWritesNothing(Mode mode) throws Exception {
    start(mode);
    node.tools().clear();
    for (int i = 0; i < 3; i++) {
      node.awaitResync();
    }
    assertThat(node.tools().writes()).isEmpty();
  }

  private void start(Mode mode) throws Exception {
    start(mode, OFTEN);
  }

  private void start(Mode mode, Map<Setting, String> settings) throws Exception {
    this.mode = mode;
    node = new GuardedNode(mode, folder);
    node.api()
        .policy(
            "shop",
            "db",
            """
            podSelector: {matchLabels: {app: db}}
            ingress:
            - from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, api]}]}}]
            - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.244.2.0/24]}}]
            - from: [{ipBlock: {cidr: "fd00::/16", except: ["fd00:244:0:2::/64"]}}]
            """);
    node.api()
        .policy(
            "shop",
            "cart",
            """
            podSelector: {matchLabels: {app: cart}}
            policyTypes: [Egress]
            egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]
            """);
    giveForeignRules();
    node.startAgent(settings);
    good = node.ours();
    if (mode.isNftables()) {
      assertThat(good).containsKeys("map NWPLCY-TO-4", "map NWPLCY-TO-6", "map NWPLCY-FROM-4");
    } else {
      assertThat(good).containsKeys("iptables FORWARD", "ip6tables FORWARD", "iptables OUTPUT");
    }
  }

  /** Returns who cannot reach whom, by at least one of the families. */
  private List<String> denied() throws IOException {
    List<Flow> flows = new ArrayList<>();
    for (LabPlan.Pod from : node.lab().plan().pods()) {
      for (LabPlan.Pod to : node.lab().plan().pods()) {
        if (!from.equals(to)) {
          to.addresses().forEach(address -> flows.add(Flow.tcp(from.name(), address, PORT)));
        }
      }
    }
    Map<Flow, Flow.Outcome> measured =
        prober.measure(flows, flow -> isDenied(flow) ? Flow.Outcome.DENIED : Flow.Outcome.ALLOWED);
    return flows.stream()
        .filter(flow -> measured.get(flow) == Flow.Outcome.DENIED)
        .map(this::ends)
        .distinct()
        .sorted(Comparator.comparing(DENIED::indexOf))
        .toList();
  }

  private boolean isDenied(Flow flow) {
    return DENIED.contains(ends(flow));
  }

  private String ends(Flow flow) {
    return node.lab().plan().pods().stream()
        .filter(pod -> pod.addresses().contains(flow.toAddress()))
        .map(pod -> flow.from() + " " + pod.name())
        .findFirst()
        .orElseThrow();
  }

  private void giveForeignRules() throws IOException {
    if (mode.isNftables()) {
      node.run(FIREWALLD, "nft", "-f", "-");
      node.run("add table ip netpol\nadd chain ip netpol NWPLCY-TO-4\n", "nft", "-f", "-");
    }
    node.run("create foreign hash:ip\nadd foreign 192.0.2.1\n", "ipset", "restore");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      node.run(
          """
          *filter
          :KUBE-FORWARD - [0:0]
          -A FORWARD -j KUBE-FORWARD
          -A KUBE-FORWARD -p tcp -m tcp --dport 9999 -j DROP
          COMMIT
          *nat
          :KUBE-POSTROUTING - [0:0]
          -A POSTROUTING -p tcp -m tcp --dport 9998 -j KUBE-POSTROUTING
          COMMIT
          """,
          node.iptables(tool) + "-restore",
          "--noflush");
    }
  }

  private void chain(String name, Act act) {
    tamperings.add(new Tampering(Drift.What.CHAIN, name, act));
  }

  private void jump(String name, Act act) {
    tamperings.add(new Tampering(Drift.What.JUMP, name, act));
  }

  private void set(String name, String command) {
    tamperings.add(new Tampering(Drift.What.SET, name, () -> node.run("ipset " + command)));
  }

  private void tamperings() {
    String pod = name(Names.PREFIX + "IN-");
    chain("our entry chain flushed", () -> iptables("-F " + Names.FORWARD));
    jump("the jump deleted", () -> iptables("-D FORWARD 1"));
    jump("the jump of OUTPUT deleted", () -> iptables("-D OUTPUT 1"));
    jump("FORWARD flushed", () -> iptables("-F FORWARD"));
    jump("a rule above the jump", () -> iptables("-I FORWARD 1 -p tcp -m tcp --dport 5 -j ACCEPT"));
    jump("the jump doubled", () -> iptables("-A FORWARD -j " + Names.FORWARD));
    chain("a pod's chain without its last rule", () -> iptables("-D " + pod + " " + rules(pod)));
    chain("all accepted in a pod's chain", () -> iptables("-I " + pod + " 1 -j ACCEPT"));
    chain("all accepted in ours", () -> iptables("-I " + Names.FORWARD + " 1 -j ACCEPT"));
    chain("a rule after ours", () -> iptables("-A " + pod + " -j LOG"));
    chain("our rules in another order", this::reorder);
    chain("a chain under our prefix", () -> iptables("-N " + Names.PREFIX + "IN-stranger"));
    chain("a chain renamed", () -> iptables("-E " + pod + " " + Names.PREFIX + "IN-elsewhere"));
    if (mode.peers().equals("ipset")) {
      String v4 = set("10.244.2.14"); // api, on the other node
      String v6 = set("fd00:244:0:2::e");
      String blocks = set("10.0.0.0/8");
      String swapped = Names.PREFIX + "4-swapped";
      set("a set emptied", "flush " + v4);
      set("all sets emptied", "flush");
      set("a member deleted", "del " + v6 + " fd00:244:0:2::e");
      set("a member added", "add " + v4 + " 10.244.2.15");
      tamperings.add(
          new Tampering(
              Drift.What.SET,
              "a member exchanged for another",
              () -> {
                node.run("ipset del " + v4 + " 10.244.2.14");
                node.run("ipset add " + v4 + " 10.244.2.15");
              }));
      set("an exception deleted", "del " + blocks + " 10.244.2.0/24");
      set("a block added", "add " + blocks + " 192.0.2.0/24");
      set("a set under our prefix", "create " + swapped + " hash:ip");
      tamperings.add(
          new Tampering(
              Drift.What.SET,
              "two sets swapped",
              () -> {
                node.run("ipset -exist create " + swapped + " hash:ip maxelem 65536");
                node.run("ipset swap " + swapped + " " + v4);
              }));
    }
    chain("everything of ours deleted", this::deleteEverything);
    jump("the whole table emptied", () -> iptables("-F"));
  }

  private void nft(Drift.What what, String name, String commands) {
    tamperings.add(new Tampering(what, name, () -> node.run(commands, "nft", "-f", "-")));
  }

  private void nftTamperings() {
    String pod = name(Names.PREFIX + "IN-");
    String out = name(Names.PREFIX + "OUT-");
    String rule = good.get("chain " + pod).get(0);
    String hook = "NWPLCY-HOOK-FORWARD-4";
    String toHook = good.get("chain " + hook).get(1);
    String db = "10.244.1.11";
    String v4 = setName("10.244.2.14"); // api, on the other node
    String v6 = setName("fd00:244:0:2::e");
    String blocks = setName("10.0.0.0/9");
    Drift.What chain = Drift.What.CHAIN;
    nft(chain, "our table deleted", "delete table inet netpol\n");
    nft(chain, "our table emptied of rules", "flush table inet netpol\n");
    nft(chain, "our table replaced", "delete table inet netpol\nadd table inet netpol\n");
    nft(
        chain,
        "the firewall reloaded, and our table gone",
        FIREWALLD + "delete table inet netpol\n");
    nft(chain, "our entry chain flushed", on("flush chain", "NWPLCY-FORWARD-6", ""));
    nft(chain, "a hook flushed", on("flush chain", hook, ""));
    nft(chain, "all accepted at the hook", on("insert rule", hook, "accept"));
    nft(chain, "all accepted in a pod's chain", on("insert rule", pod, "accept"));
    nft(chain, "all denied at the hook", on("insert rule", hook, "drop"));
    nft(chain, "a rule after ours", on("add rule", pod, "log"));
    nft(
        chain,
        "our rules in another order",
        on("flush chain", pod, "") + on("add rule", pod, "drop") + on("add rule", pod, rule));
    nft(chain, "the policy of a hook changed", on("add chain", hook, "{ policy drop; }"));
    for (String type :
        List.of("filter hook forward priority 5", "filter hook input priority -10")) {
      nft(
          chain,
          "a hook at another place: " + type,
          on("flush chain", hook, "")
              + on("delete chain", hook, "")
              + on("add chain", hook, "{ type " + type + "; policy accept; }")
              + on("add rule", hook, toHook));
    }
    nft(
        chain,
        "a hook that is none any more",
        on("flush chain", hook, "") + on("delete chain", hook, "") + on("add chain", hook, ""));
    nft(chain, "our table asleep", "add table inet netpol { flags dormant; }\n");
    nft(chain, "a map emptied", on("flush map", "NWPLCY-TO-4", ""));
    nft(chain, "an element of a map deleted", on("delete element", "NWPLCY-TO-4", in(db)));
    nft(
        chain,
        "an element of a map added",
        on("add element", "NWPLCY-TO-4", in("10.244.2.14 : jump " + pod)));
    nft(
        chain,
        "an element of a map added with a comment",
        on("add element", "NWPLCY-TO-4", in("10.244.2.14 comment \"a, b\" : drop")));
    nft(
        chain,
        "an element of a map exchanged",
        on("delete element", "NWPLCY-TO-4", in(db))
            + on("add element", "NWPLCY-TO-4", in(db + " : accept")));
    nft(chain, "a chain renamed", on("rename chain", pod, "elsewhere"));
    nft(
        chain,
        "a chain of others",
        on("add chain", "others", "") + on("add rule", "others", "drop"));
    nft(
        chain,
        "a base chain of others that denies all",
        on("add chain", "others", "{ type filter hook forward priority 0; policy drop; }"));
    nft(
        chain,
        "a chain of others that ours leads to",
        on("add chain", "others", "")
            + on("add rule", "others", "accept")
            + on("insert rule", pod, "jump others"));
    nft(
        chain,
        "a map of others that ours uses, and that leads to ours",
        on("add map", "others", "{ type ipv4_addr : verdict; }")
            + on("add element", "others", in("10.0.0.1 : jump " + pod + ", 10.0.0.2 : jump " + out))
            + on("add chain", "more", "")
            + on("add element", "others", in("10.0.0.3 : jump more"))
            + on("insert rule", "NWPLCY-FORWARD-4", "ip saddr vmap @others"));
    nft(
        chain,
        "a map of ours of another type",
        on("flush chain", "NWPLCY-FORWARD-4", "")
            + on("flush map", "NWPLCY-TO-4", "")
            + on("delete map", "NWPLCY-TO-4", "")
            + on("add map", "NWPLCY-TO-4", "{ type ipv4_addr : verdict; flags timeout; }")
            + good.get("chain NWPLCY-FORWARD-4").stream()
                .map(line -> on("add rule", "NWPLCY-FORWARD-4", line))
                .collect(Collectors.joining()));
    nft(
        Drift.What.SET,
        "a set of others that ours uses",
        on("add set", "others", "{ type ipv4_addr; flags interval, timeout; comment \"x\"; }")
            + on("add element", "others", in("10.0.0.0/8 timeout 1h comment \"a, b\""))
            + on("insert rule", "NWPLCY-FORWARD-4", "ip saddr @others accept"));
    Drift.What set = Drift.What.SET;
    nft(set, "a set emptied", on("flush set", v4, ""));
    nft(set, "a member deleted", on("delete element", v6, in("fd00:244:0:2::e")));
    nft(set, "a member added", on("add element", v4, in("10.244.2.15")));
    nft(set, "one with a comment", on("add element", v4, in("10.244.2.15 comment \"a, b\"")));
    nft(
        set,
        "a member exchanged for another",
        on("delete element", v4, in("10.244.2.14")) + on("add element", v4, in("10.244.2.15")));
    nft(set, "a block deleted", on("delete element", blocks, in("10.0.0.0/9")));
    nft(set, "a block added", on("add element", blocks, in("192.0.2.0/24")));
    nft(
        set,
        "a block in place of those that it overlaps",
        on("flush set", blocks, "") + on("add element", blocks, in("10.0.0.0/8")));
    nft(set, "a range added", on("add element", blocks, in("10.244.2.10-10.244.2.15")));
    nft(set, "all addresses added", on("add element", v4, in("0.0.0.0")));
    nft(set, "a set under our prefix", on("add set", "NWPLCY-4-other", "{ type ipv4_addr; }"));
    nft(chain, "all tables flushed", "flush ruleset\n");
  }

  private static String on(String command, String name, String arguments) {
    return command + " inet netpol " + name + " " + arguments + "\n";
  }

  private static String in(String elements) {
    return "{ " + elements + " }";
  }

  private String setName(String element) {
    return good.entrySet().stream()
        .filter(block -> block.getKey().startsWith("set ") && block.getValue().contains(element))
        .map(block -> block.getKey().substring("set ".length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no set holds " + element + ": " + good));
  }

  /** In one go for each tool, as a check may come in between; what is in use again then stays. */
  private void deleteEverything() throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      StringBuilder flush = new StringBuilder("*filter\n");
      StringBuilder delete = new StringBuilder();
      for (String hook : List.of("FORWARD", "OUTPUT")) {
        flush.append("-D ").append(hook).append(" 1\n");
      }
      for (String chain : good.keySet()) {
        String[] words = chain.split(" ");
        if (words[0].equals(tool.id()) && Names.isOurs(words[1])) {
          flush.append("-F ").append(words[1]).append('\n');
          delete.append("-X ").append(words[1]).append('\n');
        }
      }
      node.run(flush + "" + delete + "COMMIT\n", node.iptables(tool) + "-restore", "-n", "-w");
    }
    for (String set : good.keySet()) {
      if (set.startsWith("set ")) {
        node.lab().exec(GuardedNode.NODE, "", List.of("ipset", "destroy", set.substring(4)));
      }
    }
  }

  /** The rule that denies comes first. */
  private void reorder() throws IOException {
    String pod = name(Names.PREFIX + "IN-");
    String both =
        "*filter\n-I %1$s 1 -j DROP\n-D %1$s %2$d\nCOMMIT\n".formatted(pod, rules(pod) + 1);
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      node.run(both, node.iptables(tool) + "-restore", "-n", "-w");
    }
  }

  /** Changes both families' filter tables. */
  private void iptables(String arguments) throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      node.run(node.iptables(tool) + " -w " + arguments);
    }
  }

  private int rules(String chain) {
    return good.get("iptables " + chain).size();
  }

  private String name(String prefix) {
    String kind = mode.isNftables() ? "chain " : "iptables ";
    return good.keySet().stream()
        .filter(name -> name.startsWith(kind + prefix))
        .map(name -> name.substring(kind.length()))
        .findFirst()
        .orElseThrow();
  }

  private String set(String entry) {
    return good.entrySet().stream()
        .filter(set -> set.getValue().contains("add " + entry))
        .map(set -> set.getKey().substring("set ".length()))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no set holds " + entry + ": " + good));
  }
}
