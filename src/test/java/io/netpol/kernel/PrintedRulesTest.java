package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Deny;
import io.netpol.dataplane.render.RenderOptions.Log;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.dataplane.render.RenderOptions.Unprogrammed;
import io.netpol.index.Cluster;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is written is what the kernel's tools print, to the letter: else each check would find a
 * difference, and write the same again and again.
 */
@NeedsKernel
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrintedRulesTest {

  private static final int CLUSTERS = 12;

  /** Each pod's chain is one rate; so many fit in one payload. */
  private static final int RATES = 10_000;

  /** More elements than one line of a payload has. */
  private static final int LARGE_SET = 1_200;

  private LabNetwork lab;
  private KernelNode node;

  @BeforeAll
  void start() throws IOException {
    lab = LabNetwork.start(new Topology().plan(Wiring.ROUTED));
    node = new KernelNode(lab, "n1");
  }

  @AfterAll
  void stop() {
    lab.close();
  }

  static Stream<Mode> modes() {
    return Stream.concat(
        Stream.of(Backend.values()).map(each -> new Mode(Wiring.ROUTED, each, PeerForm.IPSET)),
        Stream.of(Mode.nftables(Wiring.ROUTED, PeerForm.IPSET)));
  }

  static Stream<Mode> modesAndPeers() {
    return modes()
        .flatMap(
            mode ->
                Stream.of(PeerForm.values())
                    .map(peers -> new Mode(mode.wiring(), mode.backend(), peers)));
  }

  /** All that can be set: netpol.log.per-minute is from 1 to 10,000. */
  @ParameterizedTest
  @MethodSource("modes")
  void everyLogRateIsPrintedAsItIsWritten(Mode mode) throws IOException {
    List<String> rules =
        IntStream.rangeClosed(1, RATES).mapToObj(rate -> logRule(mode, rate)).distinct().toList();
    String added = (mode.isNftables() ? "add rule inet netpol rates " : "-A rates ");
    String lines = rules.stream().map(rule -> added + rule + "\n").collect(Collectors.joining());
    if (mode.isNftables()) {
      node.run("add table inet netpol\nadd chain inet netpol rates\n" + lines, "nft", "-f", "-");
    } else {
      String restore = mode.restore(IptablesTools.IPTABLES);
      node.run("*filter\n:rates - [0:0]\n" + lines + "COMMIT\n", restore, "--noflush");
    }
    List<String> printed =
        node.rules(mode)
            .lines()
            .map(line -> line.replaceFirst("^-A rates |^\t\t", ""))
            .filter(line -> line.contains("netpol ingress"))
            // nft does not print a burst of 5, which is read as if it did.
            .map(line -> line.replace("rate 5/minute log", "rate 5/minute burst 5 packets log"))
            .toList();
    node.wipe(mode);
    assertThat(printed).isEqualTo(rules);
  }

  /** As in a small image: there is no /etc/protocols, so only a few have a name. */
  @ParameterizedTest
  @MethodSource("modes")
  void rulesAreTakenAndPrintedTheSameWithoutNamesOfProtocols(Mode mode) throws IOException {
    KernelNode nameless = node.withoutNamesOfProtocols();
    // Without the names, ipset takes no port at all.
    Cluster any = mode.isNftables() ? EveryForm.cluster(20) : isolatedPod();
    for (Cluster cluster : List.of(isolatedPod(), any)) {
      nameless.apply(cluster, mode);
      assertThat(node.due(cluster, mode)).as("printed with names").isEmpty();
      assertThat(nameless.due(cluster, mode)).as("printed without names").isEmpty();
      node.wipe(mode);
    }
  }

  /** The log rule of an isolated pod, as it is rendered with this rate. */
  private static String logRule(Mode mode, int perMinute) {
    RenderOptions options =
        options(
            PeerForm.IPSET, Accept.RETURN, Deny.DROP, new Log(Log.To.LOG, 0, perMinute, "netpol"));
    return mode
        .empty(isolatedPod(), options)
        .plan(ReconcileRequest.wanted("rates"), Set.of())
        .transactions()
        .stream()
        .flatMap(transaction -> transaction.payload().lines())
        .filter(line -> line.contains("netpol ingress"))
        .map(line -> line.replaceAll("^(-A|add rule inet netpol) \\S+ ", ""))
        .findFirst()
        .orElseThrow();
  }

  private static Cluster isolatedPod() {
    Cluster cluster = new Cluster("n1", DefaultIsolation.NODE);
    cluster.put(
        new Pod(
            new ObjectKey("a", "b"),
            "n1",
            false,
            false,
            Map.of(),
            List.of(IpAddress.ipv4(0x0a000001L)),
            List.of()));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static RenderOptions options(PeerForm peers, Accept accept, Deny deny, Log log) {
    return new RenderOptions(Set.of(Family.values()), peers, accept, deny, log, Unprogrammed.ALLOW);
  }

  @ParameterizedTest
  @MethodSource("modesAndPeers")
  void everyFormOfRuleIsPrintedAsItIsWritten(Mode each) throws IOException {
    Cluster cluster = EveryForm.cluster(each.peers() == PeerForm.IPSET ? LARGE_SET : 20);
    for (Log log :
        List.of(
            Log.OFF,
            new Log(Log.To.LOG, 0, 5, EveryForm.HOSTILE),
            new Log(Log.To.NFLOG, 0, 10, EveryForm.HOSTILE),
            new Log(Log.To.NFLOG, 65_535, 60, "netpol"))) {
      for (Deny deny : Deny.values()) {
        Mode mode =
            each.with(
                new RenderOptions(
                    Set.of(Family.values()),
                    each.peers(),
                    Accept.RETURN,
                    deny,
                    log,
                    Unprogrammed.DROP));
        node.apply(cluster, mode);
        assertThat(node.due(cluster, mode)).as("%s, %s", log, deny).isEmpty();
      }
    }
    node.wipe(each);
  }

  @ParameterizedTest
  @MethodSource("modes")
  void rulesOfAnyPoliciesAndSettingsArePrintedAsTheyAreWritten(Mode each) throws IOException {
    LabPlan plan = new Topology().plan(Wiring.ROUTED);
    for (long seed = 1; seed <= CLUSTERS; seed++) {
      Random random = new Random(seed);
      Mode mode =
          new Mode(each.wiring(), each.backend(), one(random, PeerForm.values()), settings(random));
      Cluster cluster =
          new CaseObjects(plan, RandomCase.of(seed, plan, true)).knownTo("n1", new ArrayList<>());
      node.apply(cluster, mode);
      assertThat(node.due(cluster, mode)).as("seed %d, %s", seed, mode.options()).isEmpty();
      node.wipe(mode);
    }
  }

  private static RenderOptions settings(Random random) {
    Log.To to = one(random, Log.To.values());
    int group = random.nextBoolean() ? 0 : random.nextInt(65_536);
    String prefix = one(random, "netpol", "a", "a long prefix with blanks in it", "p:");
    RenderOptions options =
        options(
            PeerForm.IPSET,
            one(random, Accept.values()),
            one(random, Deny.values()),
            new Log(to, group, 1 + random.nextInt(RATES), prefix));
    return random.nextBoolean()
        ? options
        : new RenderOptions(
            options.families(),
            options.peers(),
            options.accept(),
            options.deny(),
            options.log(),
            Unprogrammed.DROP);
  }

  @SafeVarargs
  private static <T> T one(Random random, T... all) {
    return all[random.nextInt(all.length)];
  }
}
