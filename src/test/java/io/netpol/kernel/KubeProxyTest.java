package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Deny;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.index.Cluster;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.lab.LongConnection;
import io.netpol.lab.Prober;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Policies beside the rules of kube-proxy, on hosts that forward by default and that do not. */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeProxyTest {

  private static final int PORT = 80;

  /**
   * What kube-proxy 1.34 writes in iptables mode (pkg/proxy/iptables/proxier.go) for three
   * Services: EMPTY has no endpoints, WEB has the pod SERVER, and LB is a load balancer with
   * loadBalancerSourceRanges that name none of the lab.
   */
  private static final String KUBE_PROXY =
      """
      *filter
      :KUBE-NODEPORTS - [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-EXTERNAL-SERVICES - [0:0]
      :KUBE-FIREWALL - [0:0]
      :KUBE-FORWARD - [0:0]
      :KUBE-PROXY-FIREWALL - [0:0]
      -A INPUT -j KUBE-FIREWALL
      -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS
      -A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      -A OUTPUT -j KUBE-FIREWALL
      -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
      -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A KUBE-SERVICES -m comment --comment "x/empty:p80 has no endpoints" -m tcp -p tcp -d EMPTY --dport 80 -j REJECT
      -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
      -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
      -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A KUBE-PROXY-FIREWALL -m comment --comment "x/lb:p80 traffic not accepted by KUBE-FW-NUKIZ6OKUXPJNT4C" -m tcp -p tcp -d LB --dport 80 -j DROP
      COMMIT
      *nat
      :KUBE-NODEPORTS - [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-FW-NUKIZ6OKUXPJNT4C - [0:0]
      :KUBE-MARK-MASQ - [0:0]
      :KUBE-POSTROUTING - [0:0]
      :KUBE-SEP-SXIVWICOYRO3J4NJ - [0:0]
      :KUBE-SVC-XPGD46QRK7WJZT7O - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      -A KUBE-SERVICES -m comment --comment "x/web:p80 cluster IP" -m tcp -p tcp -d WEB --dport 80 -j KUBE-SVC-XPGD46QRK7WJZT7O
      -A KUBE-SERVICES -m comment --comment "x/lb:p80 loadbalancer IP" -m tcp -p tcp -d LB --dport 80 -j KUBE-FW-NUKIZ6OKUXPJNT4C
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-FW-NUKIZ6OKUXPJNT4C -m comment --comment "other traffic to x/lb:p80 will be dropped by KUBE-PROXY-FIREWALL"
      -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
      -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
      -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
      -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE
      -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment x/web:p80 -s SERVER -j KUBE-MARK-MASQ
      -A KUBE-SEP-SXIVWICOYRO3J4NJ -m comment --comment x/web:p80 -m tcp -p tcp -j DNAT --to-destination TARGET:80
      -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "x/web:p80 cluster IP" -m tcp -p tcp -d WEB --dport 80 ! -s RANGE -j KUBE-MARK-MASQ
      -A KUBE-SVC-XPGD46QRK7WJZT7O -m comment --comment "x/web:p80 -> TARGET:80" -j KUBE-SEP-SXIVWICOYRO3J4NJ
      COMMIT
      """;

  /** What kubelet, and kube-proxy for it, have for IPv4 alone. */
  private static final String MARTIANS =
      """
      *filter
      -A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
      COMMIT
      """;

  /** What the host does with what it forwards, as far as kube-proxy does not say. */
  private enum Host {
    /** Linux as it comes. */
    FORWARDS,
    /** As docker leaves it, with the rules of a network plugin for its pods, as flannel's. */
    FORWARDS_PODS,
    /** As docker leaves it, and nobody accepts the pods' packets. */
    DROPS
  }

  private record Choice(Mode mode, Accept accept, Deny deny, Host host) {
    RenderOptions options() {
      RenderOptions usual = mode.options();
      return new RenderOptions(
          usual.families(), usual.peers(), accept, deny, usual.log(), usual.unprogrammed());
    }
  }

  static Stream<Choice> choices() {
    List<Choice> choices = new ArrayList<>();
    for (Backend backend : Backend.values()) {
      Mode mode = new Mode(Wiring.ROUTED, backend, PeerForm.IPSET);
      for (Host host : Host.values()) {
        choices.add(new Choice(mode, Accept.RETURN, Deny.DROP, host));
        choices.add(new Choice(mode, Accept.ACCEPT, Deny.DROP, host));
      }
      choices.add(new Choice(mode, Accept.RETURN, Deny.REJECT, Host.FORWARDS_PODS));
    }
    return choices.stream();
  }

  /** Where a connection can be made with either setting. */
  static Stream<Choice> forwarding() {
    return choices().filter(choice -> choice.host() != Host.DROPS && choice.deny() == Deny.DROP);
  }

  private LabNetwork lab;
  private Prober prober;
  private KernelNode node;
  private Choice choice;

  @BeforeAll
  void start() throws IOException {
    lab =
        LabNetwork.start(
            LabPlan.of(Wiring.ROUTED)
                .node("n1")
                .pod("x/free", "n1")
                .pod("x/client", "n1")
                .pod("x/closed", "n1")
                .pod("x/server", "n1")
                .outside("world"));
    prober = Prober.start(lab, Set.of(PORT));
    node = new KernelNode(lab, "n1");
    for (int family : List.of(4, 6)) {
      // The world has the load balancer's address, and is silent about those of the Services.
      String world = lab.addresses("world").get(family == 4 ? 0 : 1);
      for (String to : List.of(empty(family), web(family), lb(family))) {
        node.run("", "ip", "-" + family, "route", "add", to, "via", world, "dev", "eth0");
      }
      exec("world", "ip", "address", "add", lb(family), "dev", "lo");
      exec("world", "ip", "-" + family, "route", "add", "blackhole", empty(family));
    }
  }

  @AfterAll
  void stop() {
    prober.close();
    lab.close();
  }

  @AfterEach
  void clear() throws IOException {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      node.run(
          "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n*nat\nCOMMIT\n*mangle\nCOMMIT\n",
          choice.mode().restore(tool));
    }
    node.run("", "ipset", "destroy");
    node.run("", "conntrack", "-F");
    node.run("", "sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=1");
  }

  @ParameterizedTest
  @MethodSource("choices")
  void allowedMeansWhatTheSettingSays(Choice choice) throws IOException {
    prepare(choice);
    boolean returns = choice.accept() == Accept.RETURN;
    Outcome denied = choice.deny() == Deny.DROP ? Outcome.DENIED : Outcome.REJECTED;
    Outcome host = choice.host() == Host.DROPS ? Outcome.DENIED : Outcome.ALLOWED;
    Outcome client = returns ? host : Outcome.ALLOWED;
    for (int family : List.of(4, 6)) {
      String server = address("x/server", family);
      Map<Flow, Outcome> expected = new LinkedHashMap<>();
      expect(expected, "x/free", empty(family), Outcome.REJECTED);
      expect(expected, "x/client", empty(family), returns ? Outcome.REJECTED : Outcome.DENIED);
      expect(expected, "x/closed", empty(family), denied);
      expect(expected, "x/free", lb(family), Outcome.DENIED);
      expect(expected, "x/client", lb(family), returns ? Outcome.DENIED : Outcome.ALLOWED);
      // Both directions must be passed: the client's egress allows all, the server's ingress it.
      expect(expected, "x/client", server, client);
      expect(expected, "x/client", web(family), client);
      expect(expected, "x/closed", web(family), denied);
      expect(expected, "x/free", server, denied);
      expect(expected, "x/free", web(family), denied);
      expect(expected, "x/client", address("x/closed", family), client);
      expect(expected, "x/client", address("world", family), client);
      expect(expected, "x/free", address("world", family), host);
      // kube-proxy marks it and accepts what has the mark.
      expect(expected, "x/server", web(family), Outcome.ALLOWED);
      expect(expected, "n1", server, Outcome.ALLOWED);
      expect(expected, "n1", web(family), Outcome.ALLOWED);
      assertThat(prober.measure(expected.keySet(), expected::get)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("forwarding")
  void invalidPacketOfAnAllowedConnectionGetsToKubeProxysRuleWithReturnOnly(Choice choice)
      throws IOException {
    prepare(choice);
    for (int family : List.of(4, 6)) {
      KernelTool tool = family == 4 ? IptablesTools.IPTABLES : IptablesTools.IP6TABLES;
      String server = address("x/server", family);
      try (LongConnection connection = prober.connect("x/client", server, PORT)) {
        assertThat(connection.ping(Duration.ofSeconds(10))).isTrue();
        String invalid = "-d " + server + " -p tcp -m conntrack --ctstate INVALID";
        node.run(
            "*mangle\n-A POSTROUTING " + invalid + "\n-A PREROUTING " + invalid + "\nCOMMIT\n",
            choice.mode().restore(tool),
            "--noflush");
        node.run("", "sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_loose=0");
        node.run("", "conntrack", "-F");
        long came = 0;
        for (int tries = 0; came == 0 && tries < 50; tries++) {
          connection.ping(Duration.ofMillis(100));
          came = packets(tool, "-A PREROUTING");
        }
        assertThat(came).as("invalid packets").isPositive();
        assertThat(packets(tool, "-A POSTROUTING") > 0)
            .as("one of them was forwarded")
            .isEqualTo(choice.accept() == Accept.ACCEPT);
      }
    }
  }

  /** How many packets the mangle table's rule in this chain has counted. */
  private long packets(KernelTool tool, String rule) throws IOException {
    return node.run("", choice.mode().save(tool), "-c", "-t", "mangle")
        .lines()
        .filter(line -> line.contains(rule))
        .mapToLong(line -> Long.parseLong(line.substring(1, line.indexOf(':'))))
        .sum();
  }

  private void prepare(Choice next) throws IOException {
    choice = next;
    for (int family : List.of(4, 6)) {
      KernelTool tool = family == 4 ? IptablesTools.IPTABLES : IptablesTools.IP6TABLES;
      String server = address("x/server", family);
      String range = lab.plan().nodes().get(0).podRanges().get(family == 4 ? 0 : 1);
      String restore = next.mode().restore(tool);
      String rules =
          KUBE_PROXY
              .replace("EMPTY", empty(family))
              .replace("WEB", web(family))
              .replace("-d LB", "-d " + lb(family))
              .replace("SERVER", server)
              .replace("TARGET", family == 4 ? server : "[" + server + "]")
              .replace("RANGE", range);
      node.run(rules, restore, "--noflush");
      if (family == 4) {
        node.run(MARTIANS, restore, "--noflush");
      }
      if (next.host() != Host.FORWARDS) {
        String plugin =
            next.host() == Host.DROPS
                ? ""
                : "-A FORWARD -s %s -j ACCEPT\n-A FORWARD -d %s -j ACCEPT\n"
                    .formatted(range, range);
        node.run("*filter\n:FORWARD DROP [0:0]\n" + plugin + "COMMIT\n", restore, "--noflush");
      }
    }
    node.apply(cluster(), next.mode(), next.options());
  }

  private static void expect(Map<Flow, Outcome> all, String from, String to, Outcome outcome) {
    all.put(Flow.tcp(from, to, PORT), outcome);
  }

  private static String empty(int family) {
    return family == 4 ? "172.30.0.46" : "fd00:172:30::46";
  }

  private static String web(int family) {
    return family == 4 ? "172.30.0.41" : "fd00:172:30::41";
  }

  private static String lb(int family) {
    return family == 4 ? "203.0.113.200" : "2001:db8:113::200";
  }

  private String address(String member, int family) {
    return lab.addresses(member).get(family == 4 ? 0 : 1);
  }

  /** The client may send anywhere, the closed pod nowhere, and the server hears the client only. */
  private Cluster cluster() {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    for (LabPlan.Pod pod : lab.plan().pods()) {
      String name = pod.name().substring(2);
      cluster.put(
          new Pod(
              new ObjectKey("x", name),
              "n1",
              false,
              false,
              Map.of("pod", name),
              pod.addresses().stream().map(IpAddress::parse).toList(),
              List.of()));
    }
    List<PortMatch> anyPort = List.of(new PortMatch.Any());
    Peer clients = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("client"));
    policy(
        cluster,
        "client",
        Direction.EGRESS,
        List.of(new Rule(List.of(new Peer.Everyone()), anyPort)));
    policy(cluster, "closed", Direction.EGRESS, List.of());
    policy(cluster, "server", Direction.INGRESS, List.of(new Rule(List.of(clients), anyPort)));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static void policy(Cluster cluster, String pod, Direction direction, List<Rule> rules) {
    cluster.put(
        new NetworkPolicy(new ObjectKey("x", pod), selector(pod), Map.of(direction, rules)));
  }

  private static LabelSelector selector(String pod) {
    return new LabelSelector(List.of(Requirement.equalTo("pod", pod)));
  }

  private void exec(String member, String... command) throws IOException {
    var finished = lab.exec(member, "", List.of(command));
    assertThat(finished.ok()).as(String.join(" ", command) + ": " + finished).isTrue();
  }
}
