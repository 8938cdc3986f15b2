package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netpol.kubernetes.Kubeconfig;
import io.netpol.lab.CommandResult;
import io.netpol.lab.LabForwarder;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code netpol run} as a process of its own with what deploy/ gives it and no more: two
 * capabilities, no new privileges, a read-only file system but for three places.
 */
@NeedsKernel
class LeastRightsTest {

  /** CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13 (linux/capability.h). */
  private static final String TWO_CAPABILITIES = "0000000000003000";

  /**
   * $1: folder of dead letters, $2: stands for the host's lock, $3: for {@code /tmp}, where this
   * checkout may be, the rest: the agent.
   */
  private static final String CONFINED =
      """
      set -e
      letters=$1 lock=$2 tmp=$3
      shift 3
      mount --bind "$letters" "$letters"
      mount --bind "$lock" /run/xtables.lock
      for point in $(awk '$5 !~ /^\\/proc/ { print $5 }' /proc/self/mountinfo); do
        mount -o remount,bind,ro "$point" 2>/dev/null || true
      done
      mount -o remount,bind,rw "$letters"
      mount -o remount,bind,rw /run/xtables.lock
      mount -t tmpfs tmpfs "$tmp"
      exec setpriv --no-new-privs --bounding-set=-all,+net_admin,+net_raw \\
        --inh-caps=-all,+net_admin,+net_raw "$@"
      """;

  @ParameterizedTest
  @ValueSource(strings = {"iptables-nft", "iptables-legacy", "nftables"})
  void agentNeedsTwoCapabilitiesAndWritesWhereItMay(String backend) throws Exception {
    assumeTrue(
        System.getenv("NETPOL_TEST_KUBECONFIG") == null,
        "the agent reaches the embedded API server only");
    Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "rights");
    Path letters = Files.createDirectory(folder.resolve("letters"));
    Path lock = Files.createFile(folder.resolve("lock"));
    Files.createDirectory(tmp(folder));
    // Where it is missing, legacy iptables makes it; a mount needs something to be mounted on.
    if (!Files.exists(Path.of("/run/xtables.lock"))) {
      Files.createFile(Path.of("/run/xtables.lock"));
    }
    try (LabNetwork lab =
            LabNetwork.start(LabPlan.of(LabPlan.Wiring.ROUTED).node("n1").pod("shop/db", "n1"));
        ApiFixture api = new ApiFixture()) {
      api.createNamespace("shop", Map.of());
      api.createNode("n1", lab.addresses("n1"));
      api.createPod("shop/db", "n1", Map.of("app", "db"), lab.addresses("shop/db"));
      api.policy(
          "shop",
          "db",
          "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}");
      URI server = URI.create(api.config().getMasterUrl());
      try (LabForwarder forwarder =
          LabForwarder.start(lab, "n1", server.getHost(), server.getPort())) {
        Path kubeconfig = folder.resolve("kubeconfig");
        Files.writeString(
            kubeconfig, Kubeconfig.to(server.getScheme() + "://127.0.0.1:" + forwarder.port()));
        Process agent = start(lab, backend, api.name("n1"), kubeconfig, letters, lock, folder);
        try {
          check(lab, backend, agent, folder);
        } finally {
          agent.destroy();
          assertThat(agent.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS))
              .as("it ends when asked to")
              .isTrue();
        }
      }
    } finally {
      try (var files = Files.walk(folder)) {
        files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
  }

  private static Path tmp(Path folder) {
    return folder.resolve("tmp");
  }

  private static void check(LabNetwork lab, String backend, Process agent, Path folder)
      throws Exception {
    Path letters = folder.resolve("letters");
    Path log = folder.resolve("log");
    if (backend.equals("nftables")) {
      eventually(
          agent, log, () -> run(lab, "nft", "list", "ruleset").stdout().contains("NWPLCY-FORWARD"));
      assertThat(run(lab, "nft", "list", "table", "inet", "netpol").stdout())
          .contains("chain NWPLCY-IN-", "set NWPLCY-4-", "set NWPLCY-6-");
    } else {
      for (String family : List.of("iptables", "ip6tables")) {
        String tool = backend.replace("iptables", family);
        eventually(agent, log, () -> run(lab, tool, "-S").stdout().contains("-j NWPLCY-FORWARD"));
        assertThat(run(lab, tool, "-S").stdout()).contains("NWPLCY-IN-");
      }
      assertThat(run(lab, "ipset", "list", "-name").stdout()).contains("NWPLCY-4-", "NWPLCY-6-");
    }
    eventually(agent, log, () -> status(lab, "127.0.0.1").equals("200"));
    for (String address : lab.addresses("n1")) {
      String literal = address.contains(":") ? "[" + address + "]" : address;
      assertThat(status(lab, literal)).as("the answer at " + address).isEqualTo("000");
    }

    Path process = Path.of("/proc", Long.toString(agent.pid()));
    String rights = Files.readString(process.resolve("status"));
    assertThat(rights)
        .contains("CapEff:\t" + TWO_CAPABILITIES, "CapPrm:\t" + TWO_CAPABILITIES)
        .contains("CapBnd:\t" + TWO_CAPABILITIES, "NoNewPrivs:\t1");
    Set<String> writable = new TreeSet<>();
    for (String line : Files.readAllLines(process.resolve("mountinfo"))) {
      String[] words = line.split(" ");
      // Every container has these two of its own.
      boolean usual = words[4].startsWith("/proc") || words[4].startsWith("/dev/");
      if (words[5].startsWith("rw") && !usual) {
        writable.add(words[4]);
      }
    }
    assertThat(writable)
        .containsExactlyInAnyOrder(tmp(folder).toString(), "/run/xtables.lock", letters.toString());
    try (var files = Files.list(letters)) {
      assertThat(files).as("dead letters").isEmpty();
    }
    assertThat(Files.readString(log)).doesNotContain("Read-only file system", "not permitted");
  }

  private static Process start(
      LabNetwork lab,
      String backend,
      String node,
      Path kubeconfig,
      Path letters,
      Path lock,
      Path folder)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(lab.inside("n1").trim().split(" ")));
    command.addAll(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", CONFINED));
    String tmp = tmp(folder).toString();
    command.addAll(List.of("sh", letters.toString(), lock.toString(), tmp));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-Djava.io.tmpdir=" + tmp,
            "-cp",
            System.getProperty("java.class.path"),
            Netpol.class.getName(),
            "run"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("HOME", tmp);
    builder.environment().put("NETPOL_NODE", node);
    builder.environment().put("NETPOL_BACKEND", backend);
    builder.environment().put("NETPOL_ROUTES", Path.of("routes").toAbsolutePath().toString());
    builder.environment().put("NETPOL_KUBECONFIG", kubeconfig.toString());
    builder.environment().put("NETPOL_DEAD_LETTERS", letters.toString());
    return builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
  }

  /** The HTTP status of the readiness check at an address of the node; 000 where nobody answers. */
  private static String status(LabNetwork lab, String address) throws IOException {
    String url = "http://" + address + ":9876/observe/health/ready";
    return run(lab, "curl", "-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", url)
        .stdout();
  }

  private static CommandResult run(LabNetwork lab, String... command) throws IOException {
    return lab.exec("n1", "", List.of(command));
  }

  private static void eventually(Process agent, Path log, Callable<Boolean> condition)
      throws Exception {
    Eventually.holds(
        log::toString,
        () -> {
          assertThat(agent.isAlive()).as("alive; the log:\n" + Files.readString(log)).isTrue();
          return condition.call();
        });
  }
}
