package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LongConnection;
import io.netpol.lab.Mailbox;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Flows to and from a pod whose address goes to the next one: what belongs to the old pod must not
 * reach the new one, which is closed, however long the other ends go on sending.
 */
@NeedsKernel
class AddressHandoverTest {

  private static final int SERVED = 80;
  private static final int OPENED = 7000;
  private static final int CONTROL = 81;
  private static final String SERVICE = "10.96.0.1";
  private static final String SERVICE6 = "fd00:96:0:0:0:0:0:1";
  private static final int ROUNDS = 50;

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Map<Integer, Mailbox> boxes = new java.util.TreeMap<>();
  private ApiFixture api;
  private LabNetwork lab;
  private Map<Setting, String> settings;
  private Agent agent;

  /** Whether the new pod answers: where it may send, an answer may open a connection of its own. */
  private boolean answers;

  private List<String> addresses;
  private Mailbox world;
  private Mailbox worldServer;
  private Mailbox web;
  private Mailbox node;
  private Mailbox bystander;

  @AfterEach
  void stop() throws Exception {
    if (agent != null) {
      agent.stop();
    }
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  /** How the API server tells that an address went from the one to the other. */
  enum Handover {
    /** The one is deleted, and later there is the other. */
    DELETED,
    /** The one is finished: it stays, without its network. */
    FINISHED,
    /** The other is there before the one is gone. */
    TAKEN_OVER,
    /** Another pod of the same name, as of a StatefulSet. */
    SAME_NAME,
    /** No agent is there. */
    WHILE_AWAY,
    /** No agent is there, and nobody has the address when it comes. */
    GONE_WHILE_AWAY
  }

  @ParameterizedTest
  @CsvSource({
    "DELETED, nft, , 'Ingress, Egress'",
    "DELETED, legacy, accept, Ingress",
    "FINISHED, nft, accept, 'Ingress, Egress'",
    "FINISHED, legacy, , Ingress",
    "TAKEN_OVER, legacy, accept, Ingress",
    "TAKEN_OVER, nft, return, 'Ingress, Egress'",
    "SAME_NAME, nft, , Ingress",
    "WHILE_AWAY, nft, , Ingress",
    "WHILE_AWAY, legacy, return, 'Ingress, Egress'",
    "GONE_WHILE_AWAY, nft, , Ingress",
  })
  void nothingOfTheOldPodReachesTheNew(
      Handover how, String backend, String allowed, String closed, @TempDir Path folder)
      throws Exception {
    start(how, backend, allowed, folder);
    String bystander = entry("sport=9000 ");
    TreeSet<String> tcp = tcp();
    assertThat(tcp).hasSize(2);
    answers = closed.contains("Egress");
    String types = "policyTypes: [%s]}".formatted(closed);
    api.policy("shop", "new", "{podSelector: {matchLabels: {app: new}}, " + types);

    String successor = how == Handover.SAME_NAME ? "shop/old" : "shop/new";
    boolean away = how == Handover.WHILE_AWAY || how == Handover.GONE_WHILE_AWAY;
    if (away) {
      agent.stop();
      agent = null;
    }
    if (how != Handover.TAKEN_OVER && how != Handover.SAME_NAME) {
      goes(how);
    }
    lab.removePod("shop/old");
    boxes.values().forEach(AddressHandoverTest::close);
    sendAll();
    if (how == Handover.GONE_WHILE_AWAY) {
      startAgent();
      eventually(
          "nothing is left",
          () -> entries().stream().filter(e -> !e.contains("=9000 ")).noneMatch(this::isReplied));
    }
    lab.addPod(new LabPlan.Pod(successor, "n1", addresses));
    openBoxes(successor);
    sendAll();
    if (how == Handover.SAME_NAME) {
      api.deletePod("shop/old");
    }
    api.createPod(successor, "n1", Map.of("app", "new"), addresses);
    if (how == Handover.TAKEN_OVER) {
      goes(how);
    }
    if (how == Handover.WHILE_AWAY) {
      startAgent();
    }

    eventually("silence", this::isSilent);
    int arrived = 0;
    for (int i = 0; i < ROUNDS; i++) {
      arrived += arrivedOfARound();
    }
    assertThat(arrived).as("datagrams of the old pod that reached the new one").isZero();
    TreeSet<String> tcpNow = tcp();
    tcpNow.retainAll(tcp);
    assertThat(tcpNow).as("TCP connections of the old pod").isEmpty();
    assertThat(entry("sport=9000 ")).as("the flow of others").isEqualTo(bystander);
  }

  private void goes(Handover how) {
    if (how == Handover.FINISHED) {
      api.status("shop/old", "Succeeded", addresses);
    } else {
      api.deletePod("shop/old");
    }
  }

  private static void close(Mailbox box) {
    try {
      box.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** All who had to do with the old pod go on, in both families. */
  private void sendAll() {
    for (String address : addresses) {
      world.send(address, SERVED);
      worldServer.send(address, OPENED);
    }
    web.send(SERVICE, SERVED);
    web.send(SERVICE6, SERVED);
    for (String address : lab.addresses("shop/db")) {
      bystander.send(address, SERVED);
    }
  }

  /** How many datagrams of one round reach the pod; what it may get reaches it after them. */
  private int arrivedOfARound() throws Exception {
    sendAll();
    for (String address : addresses) {
      node.send(address, CONTROL);
    }
    int[] controls = {0};
    eventually(
        "control", () -> (controls[0] += boxes.get(CONTROL).empty(false)) >= addresses.size());
    return boxes.get(SERVED).empty(answers) + boxes.get(OPENED).empty(answers);
  }

  private boolean isSilent() throws Exception {
    for (int i = 0; i < 3; i++) {
      if (arrivedOfARound() > 0) {
        return false;
      }
    }
    return true;
  }

  private void openBoxes(String pod) throws IOException {
    for (int port : List.of(SERVED, OPENED, CONTROL)) {
      Mailbox box = Mailbox.open(lab, pod, port);
      opened.add(box);
      boxes.put(port, box);
    }
  }

  private Mailbox box(String member, int port) throws IOException {
    Mailbox box = Mailbox.open(lab, member, port);
    opened.add(box);
    return box;
  }

  private void start(Handover how, String backend, String allowed, Path folder) throws Exception {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node("n1")
                .pod("shop/old", "n1")
                .pod("shop/web", "n1")
                .pod("shop/db", "n1")
                .outside("world"));
    opened.add(lab);
    addresses = lab.addresses("shop/old");
    String nat = "-t nat -A PREROUTING -p udp -d %s --dport 80 -j DNAT --to-destination %s";
    run("iptables-" + backend + " " + nat.formatted(SERVICE, addresses.get(0) + ":80"));
    run("ip6tables-" + backend + " " + nat.formatted(SERVICE6, "[" + addresses.get(1) + "]:80"));
    run("iptables-" + backend + " -t nat -A POSTROUTING -p udp --dport 53 -j MASQUERADE");
    run("ip6tables-" + backend + " -t nat -A POSTROUTING -p udp --dport 53 -j MASQUERADE");

    api = new ApiFixture();
    opened.add(api);
    api.createNamespace("shop", Map.of());
    LabPlan.Node n1 = lab.plan().nodes().get(0);
    api.createNode(
        "n1", n1.addresses(), how == Handover.GONE_WHILE_AWAY ? n1.podRanges() : List.of());
    api.createPods(lab);
    // What is open to all is programmed all the same, as it is isolated.
    api.policy("shop", "old", "{podSelector: {matchLabels: {app: old}}, ingress: [{}]}");
    settings = settings(backend, allowed, folder);
    startAgent();
    openBoxes("shop/old");
    world = box("world", 5000);
    worldServer = box("world", 53);
    web = box("shop/web", 6000);
    node = box("n1", 8000);
    establish();
  }

  /** UDP flows in all directions, two TCP connections, and a flow of others. */
  private void establish() throws Exception {
    Prober prober = Prober.start(lab, Set.of(8081));
    opened.add(prober);
    eventually("rules", () -> run("iptables-save -t filter").contains("NWPLCY-IN-"));
    bystander = box("shop/web", 9000);
    Mailbox db = box("shop/db", SERVED);
    eventually(
        "all flows are established",
        () -> {
          for (String address : lab.addresses("shop/db")) {
            bystander.send(address, SERVED);
          }
          db.empty(true);
          for (String address : lab.addresses("world")) {
            boxes.get(OPENED).send(address, 53);
          }
          world.send(addresses.get(0), SERVED);
          world.send(addresses.get(1), SERVED);
          web.send(SERVICE, SERVED);
          web.send(SERVICE6, SERVED);
          boxes.get(SERVED).empty(true);
          worldServer.empty(true);
          // Each of world's, web's and the old pod's own, in both families.
          return entries().stream().filter(this::isReplied).count() == 8;
        });
    for (String address : addresses) {
      LongConnection connection = prober.connect("world", address, 8081);
      opened.add(connection);
    }
  }

  private boolean isReplied(String entry) {
    return !entry.contains("UNREPLIED");
  }

  /** The tracked UDP flows at these ports. */
  private List<String> entries() throws IOException {
    return listed().stream()
        .filter(line -> line.startsWith("udp"))
        .filter(line -> line.matches(".* sport=(5000|6000|7000|9000) .*"))
        .filter(line -> line.matches(".*dport=(53|80) .*"))
        .toList();
  }

  private List<String> listed() throws IOException {
    return (run("conntrack -L -f ipv4 -o id") + run("conntrack -L -f ipv6 -o id")).lines().toList();
  }

  private String entry(String ports) throws IOException {
    return listed().stream()
        .filter(line -> line.contains(ports))
        .map(AddressHandoverTest::id)
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private static String id(String line) {
    return line.substring(line.indexOf("id="));
  }

  private TreeSet<String> tcp() throws IOException {
    return listed().stream()
        .filter(line -> line.startsWith("tcp") && line.contains(" dport=8081 "))
        .map(AddressHandoverTest::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private Map<Setting, String> settings(String backend, String allowed, Path folder)
      throws IOException {
    Map<Setting, String> some =
        AgentSettings.of(api.name("n1"), folder, AgentSettings.inside(lab, "n1", backend));
    if (allowed != null) {
      some.put(Setting.ALLOWED, allowed);
    }
    return some;
  }

  private void startAgent() throws Exception {
    agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
    agent.start();
  }

  private String run(String command) throws IOException {
    return lab.run("n1", command.startsWith("iptables-save") ? save() : command);
  }

  private String save() {
    boolean legacy = settings.get(Setting.COMMAND_IPTABLES).contains("legacy");
    return "iptables-" + (legacy ? "legacy" : "nft") + "-save -t filter";
  }

  private static void eventually(String what, Callable<Boolean> condition) throws Exception {
    Eventually.holds(what, condition);
  }
}
