package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.Flow;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LongConnection;
import io.netpol.lab.LongFlow;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Long connections through an agent's node while policies change: which end, and which go on. */
@NeedsKernel
class CutTest {

  private static final int PORT = 80;
  private static final String VIRTUAL = "10.96.0.1";
  private static final Duration LONG = Eventually.BOUND;
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Pattern ENTRY =
      Pattern.compile("src=(\\S+) dst=(\\S+) sport=(\\d+) dport=80 .*id=(\\d+)");

  private final Map<String, LongConnection> connections = new LinkedHashMap<>();
  private final Map<String, LongFlow> flows = new LinkedHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private ApiFixture api;
  private LabNetwork lab;
  private Prober prober;
  private boolean cut;

  @AfterEach
  void stop() throws Exception {
    for (LongConnection connection : connections.values()) {
      connection.close();
    }
    for (LongFlow flow : flows.values()) {
      flow.close();
    }
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  @ParameterizedTest
  @CsvSource({"on, nft, ipset", "on, legacy, rules", "off, nft, ipset"})
  void onlyWhatAChangeForbidsEnds(String mode, String backend, String peers, @TempDir Path folder)
      throws Exception {
    cut = mode.equals("on");
    start(mode, backend, peers, folder);
    api.policy(
        "shop",
        "db",
        """
        podSelector: {matchLabels: {app: db}}
        ingress:
        - from: [{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: api}}}]
          ports: [{port: 80}, {port: 80, protocol: UDP}]
        - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS-play}}}]
        """);
    eventually("world is denied", () -> !reaches("world", "shop/db"));
    for (String from : List.of("shop/web", "shop/api", "play/toy", "n1")) {
      open(from, "shop/db");
    }
    open("shop/db", "shop/web");
    open("world", "shop/web");
    connections.put("virtual", prober.connect("shop/web", VIRTUAL, PORT));
    assertLive(connections.keySet());

    // Another rule for the web, the same for the API's, none for the toy.
    api.policy(
        "shop",
        "db",
        """
        podSelector: {matchLabels: {app: db}}
        ingress:
        - from: [{ipBlock: {cidr: %s/32}}, {ipBlock: {cidr: %s/128}}]
        - from: [{podSelector: {matchLabels: {app: api}}}]
          ports: [{port: 80}, {port: 80, protocol: UDP}]
        """
            .formatted(lab.addresses("shop/web").get(0), lab.addresses("shop/web").get(1)));
    expectEnd("play/toy", "shop/db");

    // A set loses a member.
    api.editPod("shop/api", pod -> pod.getMetadata().getLabels().put("app", "other"));
    expectEnd("shop/api", "shop/db");

    // A pod that sends is isolated, and what it gets is not.
    api.policy("shop", "web", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
    expectEnd("shop/web", "shop/db", "virtual");
    // The node's own, db's to web and the world's to web, in both families; else all.
    assertThat(connections).hasSize(cut ? 6 : 13);
  }

  /**
   * New connections are denied soon; those that were there end, or not, and no other is touched.
   */
  private void expectEnd(String from, String to, String... more) throws Exception {
    eventually(from + " is denied", () -> !reaches(from, to));
    if (!cut) {
      assertLive(connections.keySet());
      return;
    }
    Set<String> gone = new java.util.TreeSet<>(List.of(more));
    connections.keySet().stream().filter(n -> n.startsWith(from + ">" + to)).forEach(gone::add);
    for (String name : gone) {
      eventually(name + " ends", () -> !connections.get(name).ping(SHORT));
      if (flows.containsKey(name)) {
        eventually(name + " ends for UDP", () -> !flows.get(name).ping(300));
      }
    }
    Map<String, String> before = entries;
    answer(to, from, gone.iterator().next());
    for (String name : gone) {
      connections.remove(name).close();
      if (flows.containsKey(name)) {
        flows.remove(name).close();
      }
    }
    assertLive(connections.keySet());
    // An allowed one that was deleted would have come back with another number.
    for (Map.Entry<String, String> entry : entries.entrySet()) {
      assertThat(entry.getValue()).as(entry.getKey()).isEqualTo(before.get(entry.getKey()));
    }
  }

  /** An answer comes late, and conntrack takes it for the first packet of a connection. */
  private void answer(String sender, String receiver, String name) throws Exception {
    String opened =
        "-p tcp -s %s -d %s --sport 80 --dport %d"
            .formatted(
                lab.addresses(sender).get(0),
                lab.addresses(receiver).get(0),
                connections.get(name).sourcePort());
    String insert = "conntrack -I " + opened + " --state ESTABLISHED -t 300 -u SEEN_REPLY,ASSURED";
    var inserted = lab.exec("n1", "", List.of(insert.split(" ")));
    assertThat(inserted.ok() || inserted.stderr().contains("Such conntrack exists"))
        .as("%s: one came, or has come by itself: %s", insert, inserted)
        .isTrue();
    eventually(
        "nothing goes on behind the answer",
        () -> lab.run("n1", "conntrack -L " + opened).isBlank());
  }

  private Map<String, String> entries = Map.of();

  private void open(String from, String to) throws IOException {
    for (String address : lab.addresses(to)) {
      String name = from + ">" + to + " " + address;
      connections.put(name, prober.connect(from, address, PORT));
      flows.put(name, LongFlow.open(lab, from, address, PORT));
    }
  }

  private void assertLive(Set<String> names) throws IOException {
    for (String name : names) {
      assertThat(connections.get(name).ping(LONG)).as(name + " by TCP").isTrue();
      LongFlow flow = flows.get(name);
      assertThat(flow == null || flow.answers()).as(name + " by UDP").isTrue();
    }
    entries = entries();
  }

  /** The numbers of the tracked connections that still are ours, by their ends. */
  private Map<String, String> entries() throws IOException {
    Map<String, String> found = new TreeMap<>();
    Set<String> ports = new java.util.TreeSet<>();
    for (LongConnection connection : connections.values()) {
      ports.add(Integer.toString(connection.sourcePort()));
    }
    for (String family : List.of("ipv4", "ipv6")) {
      Matcher matcher = ENTRY.matcher(lab.run("n1", "conntrack -L -f " + family + " -o id"));
      while (matcher.find()) {
        if (ports.contains(matcher.group(3))) {
          found.put(
              matcher.group(1) + " " + matcher.group(3) + " " + matcher.group(2), matcher.group(4));
        }
      }
    }
    assertThat(found).hasSizeGreaterThanOrEqualTo(connections.size() - 1);
    return found;
  }

  private boolean reaches(String from, String to) throws IOException {
    List<Flow> all =
        Flow.all(List.of(from), lab.addresses(to), Set.of(Flow.Protocol.TCP), List.of(PORT));
    return prober.measure(all, flow -> Flow.Outcome.DENIED).containsValue(Flow.Outcome.ALLOWED);
  }

  private void start(String mode, String backend, String peers, Path folder) throws Exception {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node("n1")
                .node("n2")
                .pod("shop/db", "n1")
                .pod("shop/web", "n1")
                .pod("shop/api", "n1")
                .pod("play/toy", "n2")
                .outside("world"));
    opened.add(lab);
    prober = Prober.start(lab, Set.of(PORT));
    opened.add(prober);
    lab.run(
        "n1",
        "iptables-%s -t nat -A PREROUTING -d %s -p tcp -j DNAT --to-destination %s:80"
            .formatted(backend, VIRTUAL, lab.addresses("shop/db").get(0)));
    api = new ApiFixture();
    opened.add(api);
    api.create(lab, "shop", "play");
    Map<Setting, String> settings =
        AgentSettings.of(api.name("n1"), folder, AgentSettings.inside(lab, "n1", backend));
    settings.put(Setting.PEERS, peers);
    settings.put(Setting.TERMINATE_CONNECTIONS, mode);
    Agent agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
    opened.add(agent::stop);
    agent.start();
  }

  private static void eventually(String what, Callable<Boolean> condition) throws Exception {
    Eventually.holds(what, condition);
  }
}
