package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.lab.Flow;
import io.netpol.lab.Flow.Outcome;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@code render} writes, loaded by the command that its help names, once and again. */
@NeedsKernel
class RenderedFilesTest {

  private static final int PORT = 80;

  /**
   * Two pods are isolated: one gets traffic from clients and, by IPv4, the world, one from nobody.
   */
  private static final String FIRST =
      """
      kind: NetworkPolicy
      apiVersion: networking.k8s.io/v1
      metadata: {name: a, namespace: x}
      spec:
        podSelector: {matchLabels: {pod: a}}
        ingress: [{from: [{podSelector: {matchLabels: {role: client}}}, {ipBlock: {cidr: 203.0.113.0/24}}]}]
      ---
      kind: NetworkPolicy
      apiVersion: networking.k8s.io/v1
      metadata: {name: c, namespace: x}
      spec: {podSelector: {matchLabels: {pod: c}}}
      """;

  private static final String[] OPEN_AT_FIRST = {
    "a -> b", "b -> a", "c -> a", "c -> b", "world -> b"
  };

  @TempDir private Path folder;
  private LabNetwork lab;
  private Prober prober;

  @BeforeEach
  void start() throws IOException {
    lab =
        LabNetwork.start(
            LabPlan.of(LabPlan.Wiring.ROUTED)
                .node("n1")
                .pod("x/a", "n1")
                .pod("x/b", "n1")
                .pod("x/c", "n1")
                .outside("world"));
    prober = Prober.start(lab, Set.of(PORT));
  }

  @AfterEach
  void stop() {
    prober.close();
    lab.close();
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void secondLoadChangesNothing(Backend backend) throws IOException {
    render(FIRST, "client");
    load(backend, command());
    assertThat(open()).containsExactlyInAnyOrder(OPEN_AT_FIRST);
    Set<String> once = state(backend);
    assertThat(jumps(once)).hasSize(4);

    load(backend, command());
    assertThat(state(backend)).isEqualTo(once);
    run("ipset", "add", podSet(once, "4"), "192.0.2.9");
    run(tool(backend, "iptables"), "-I", "FORWARD", "1", "-p", "tcp", "--dport", "9", "-j", "DROP");
    load(backend, command());
    run(tool(backend, "iptables"), "-D", "FORWARD", "2");
    assertThat(state(backend)).as("a strange member gone, and the jump first").isEqualTo(once);
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void plainLoadsEnforceTheSameAndLeaveOnlyJumps(Backend backend) throws IOException {
    render(FIRST, "client");
    String plain =
        "ipset restore < ipset.restore && iptables-restore --noflush < iptables.restore"
            + " && ip6tables-restore --noflush < ip6tables.restore";
    load(backend, plain);
    Set<String> once = state(backend);
    load(backend, plain);
    assertThat(open()).containsExactlyInAnyOrder(OPEN_AT_FIRST);
    assertThat(jumps(state(backend))).hasSize(8);
    load(backend, command());
    assertThat(state(backend)).isEqualTo(once);
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void loadOfChangedManifestsReplacesMembersAndRules(Backend backend) throws IOException {
    render(FIRST, "client");
    load(backend, command());
    render(FIRST.substring(0, FIRST.indexOf("---")), "former-client");
    load(backend, command());
    assertThat(open())
        .as("b is no longer a member, and c no longer isolated")
        .containsExactlyInAnyOrder(
            "a -> b", "a -> c", "b -> c", "c -> a", "c -> b", "world -> b", "world -> c");
    assertThat(jumps(state(backend))).hasSize(4);

    render("", "client");
    load(backend, command());
    assertThat(open()).as("no policy is left").hasSize(9);
  }

  @Test
  void fileOfNftablesIsLoadedOverAnyEarlierLoad() throws IOException {
    run("nft", "add table inet others");
    render(FIRST, "client", "--backend", "nftables");
    loadNftables();
    assertThat(open()).containsExactlyInAnyOrder(OPEN_AT_FIRST);
    String once = run("nft", "-s", "list", "ruleset");
    loadNftables();
    assertThat(run("nft", "-s", "list", "ruleset")).isEqualTo(once);
    run("nft", "insert rule inet netpol NWPLCY-HOOK-FORWARD-4 accept");
    run(
        "nft",
        "add chain inet netpol others { type filter hook forward priority 0; policy drop; }");
    loadNftables();
    assertThat(run("nft", "-s", "list", "ruleset")).isEqualTo(once);

    render(FIRST.substring(0, FIRST.indexOf("---")), "former-client", "--backend", "nftables");
    loadNftables();
    assertThat(open())
        .as("b is no longer a member, and c no longer isolated")
        .containsExactlyInAnyOrder(
            "a -> b", "a -> c", "b -> c", "c -> a", "c -> b", "world -> b", "world -> c");
    render("", "client", "--backend", "nftables");
    loadNftables();
    assertThat(open()).as("no policy is left").hasSize(9);
    assertThat(run("nft", "list", "tables")).contains("inet others").doesNotContain("NWPLCY");
  }

  private void loadNftables() throws IOException {
    run("nft", "-f", folder.resolve("nftables.nft").toString());
  }

  @Test
  void helpNamesTheCommandOfTheReadme() throws IOException {
    String help = Netpol.commandLine().getSubcommands().get("render").getUsageMessage();
    assertThat(help.lines().map(String::strip).toList())
        .containsSequence(command().lines().map(String::strip).toList());
  }

  /** The lines of the README that load the files. */
  private static String command() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("README.md"));
    int start = lines.indexOf("    ipset restore < ipset.restore");
    return lines.subList(start, start + 5).stream().collect(Collectors.joining("\n"));
  }

  /** Writes the files into a folder, from the lab's pods and these policies. */
  private void render(String policies, String roleOfB, String... options) throws IOException {
    Path manifests = Files.createDirectories(folder.resolve("manifests"));
    StringBuilder pods = new StringBuilder();
    for (LabPlan.Pod pod : lab.plan().pods()) {
      String name = pod.name().substring(2);
      pods.append(
          """
          ---
          kind: Pod
          apiVersion: v1
          metadata: {name: %s, namespace: x, labels: {pod: %s, role: %s}}
          spec: {nodeName: n1}
          status: {podIPs: [{ip: '%s'}, {ip: '%s'}]}
          """
              .formatted(
                  name,
                  name,
                  name.equals("a") ? "server" : name.equals("b") ? roleOfB : "client",
                  pod.addresses().get(0),
                  pod.addresses().get(1)));
    }
    Files.writeString(manifests.resolve("pods.yaml"), pods);
    Files.writeString(manifests.resolve("policies.yaml"), policies);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "render",
                "--manifests",
                manifests.toString(),
                "--node",
                "n1",
                "--out",
                folder.toString()));
    arguments.addAll(List.of(options));
    assertThat(Netpol.commandLine().execute(arguments.toArray(String[]::new))).isZero();
  }

  /** Runs a command on the node, in the files' folder, where the plain names mean one back-end. */
  private void load(Backend backend, String command) throws IOException {
    Path bin = folder.resolve("bin-" + backend);
    if (Files.notExists(bin)) {
      Files.createDirectory(bin);
      for (String tool : List.of("iptables", "ip6tables")) {
        for (String end : List.of("-save", "-restore")) {
          String real = run("sh", "-c", "command -v " + tool(backend, tool) + end).strip();
          Files.createSymbolicLink(bin.resolve(tool + end), Path.of(real).toRealPath());
        }
      }
    }
    run("sh", "-ec", "cd " + folder + "; PATH=" + bin + ":$PATH\n" + command);
  }

  private static String tool(Backend backend, String tool) {
    return tool + "-" + backend.name().toLowerCase(Locale.ROOT);
  }

  /** Who reaches whom among the pods and the world, by both families. */
  private List<String> open() throws IOException {
    Map<String, List<Flow>> flows = new TreeMap<>();
    for (String from : lab.members()) {
      for (LabPlan.Pod to : lab.plan().pods()) {
        if (!from.equals("n1") && !from.equals(to.name())) {
          flows.put(
              (from + " -> " + to.name()).replace("x/", ""),
              to.addresses().stream().map(address -> Flow.tcp(from, address, PORT)).toList());
        }
      }
    }
    Map<Flow, Outcome> measured =
        prober.measure(
            flows.values().stream().flatMap(List::stream).toList(), flow -> Outcome.ALLOWED);
    List<String> open = new ArrayList<>();
    flows.forEach(
        (name, both) -> {
          if (both.stream().allMatch(flow -> measured.get(flow) == Outcome.ALLOWED)) {
            open.add(name);
          }
        });
    return open;
  }

  /** All lines of the filter tables, numbered in their chain, and of the sets. */
  private Set<String> state(Backend backend) throws IOException {
    Set<String> state = new TreeSet<>();
    run("ipset", "save")
        .lines()
        .map(l -> "set " + l.replaceAll(" bucketsize.*", ""))
        .forEach(state::add);
    for (String tool : List.of("iptables", "ip6tables")) {
      int number = 0;
      for (String line : run(tool(backend, tool) + "-save", "-t", "filter").lines().toList()) {
        if (!line.startsWith("#")) {
          number = line.startsWith("-A") ? number + 1 : 0;
          state.add(tool + " " + number + " " + line.replaceAll("\\[\\d+:\\d+]", ""));
        }
      }
    }
    return state;
  }

  private static List<String> jumps(Set<String> state) {
    return state.stream().filter(line -> line.endsWith(" -j NWPLCY-FORWARD")).toList();
  }

  /** The name of a set of pods of one family. */
  private static String podSet(Set<String> state, String family) {
    return state.stream()
        .filter(line -> line.startsWith("set create NWPLCY-" + family + "-"))
        .filter(line -> line.contains("hash:ip "))
        .map(line -> line.split(" ")[2])
        .findFirst()
        .orElseThrow();
  }

  private String run(String... command) throws IOException {
    return lab.run("n1", "", command);
  }
}
