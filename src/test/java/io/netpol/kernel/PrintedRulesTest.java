package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.RestoreFiles;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  /** All that can be set: netpol.log.per-minute is from 1 to 10,000. */
  @ParameterizedTest
  @EnumSource(Backend.class)
  void everyLogRateIsPrintedAsItIsWritten(Backend backend) throws IOException {
    Mode mode = new Mode(Wiring.ROUTED, backend, PeerForm.IPSET);
    String rules =
        IntStream.rangeClosed(1, RATES)
            .mapToObj(PrintedRulesTest::logRule)
            .distinct()
            .map(rule -> "-A rates " + rule)
            .collect(Collectors.joining("\n"));
    String restore = mode.restore(IptablesTools.IPTABLES);
    node.run("*filter\n:rates - [0:0]\n" + rules + "\nCOMMIT\n", restore, "--noflush");
    String printed =
        node.saved(IptablesTools.IPTABLES, mode)
            .lines()
            .filter(line -> line.startsWith("-A rates "))
            .collect(Collectors.joining("\n"));
    node.wipe(mode);
    assertThat(printed).isEqualTo(rules);
  }

  /** As in a small image: there is no /etc/protocols, so only a few have a name. */
  @ParameterizedTest
  @EnumSource(Backend.class)
  void rulesAreTakenAndPrintedTheSameWithoutNamesOfProtocols(Backend backend) throws IOException {
    Mode mode = new Mode(Wiring.BRIDGED, backend, PeerForm.IPSET);
    Cluster cluster = isolatedPod();
    RestoreFiles payloads = RestoreFiles.of(cluster, mode.options());
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      withoutNames(payloads.byTool().getOrDefault(tool, ""), mode.restore(tool), "--noflush");
    }
    assertThat(node.due(cluster, mode)).as("printed with names").isEmpty();
    Dataplane dataplane = IptablesDataplane.unread(cluster, mode.options());
    dataplane.observe(IptablesTools.IPSET, node.saved(IptablesTools.IPSET, mode));
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      dataplane.observe(tool, withoutNames("", mode.save(tool), "-t", "filter"));
    }
    assertThat(
            dataplane
                .plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of())
                .transactions())
        .as("printed without names")
        .isEmpty();
    node.wipe(mode);
  }

  private String withoutNames(String stdin, String... command) throws IOException {
    String hide = "mount --bind /dev/null /etc/protocols && exec \"$@\"";
    List<String> words = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", hide, "sh"));
    words.addAll(List.of(command));
    return node.run(stdin, words.toArray(String[]::new));
  }

  /** The log rule of an isolated pod, as it is rendered with this rate. */
  private static String logRule(int perMinute) {
    Cluster cluster = isolatedPod();
    RenderOptions options =
        options(
            PeerForm.IPSET, Accept.RETURN, Deny.DROP, new Log(Log.To.LOG, 0, perMinute, "netpol"));
    return RestoreFiles.of(cluster, options)
        .byTool()
        .get(IptablesTools.IPTABLES)
        .lines()
        .filter(line -> line.contains("-j LOG"))
        .map(line -> line.replaceAll("^-A \\S+ ", ""))
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
  @EnumSource(Backend.class)
  void rulesOfAnyPoliciesAndSettingsArePrintedAsTheyAreWritten(Backend backend) throws IOException {
    LabPlan plan = new Topology().plan(Wiring.ROUTED);
    for (long seed = 1; seed <= CLUSTERS; seed++) {
      Random random = new Random(seed);
      Mode mode =
          new Mode(Wiring.ROUTED, backend, one(random, PeerForm.values()), settings(random));
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
