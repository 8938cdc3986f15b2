package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cli.GuardedNode.Mode;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.lab.SteadyProbes;
import io.netpol.lab.SteadyProbes.Kind;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Eventually;
import io.netpol.testing.Figures;
import io.netpol.testing.NeedsKernel;
import io.netpol.testing.Repetitions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Others write to the same tables and sets, or hold their lock, while we do. */
@NeedsKernel
class ForeignWritersTest {

  /** In each round three changes, and in each other round their opposites. */
  private static final String SCRIPT =
      """
      failed=0
      change() { "$@" || { echo "failed: $*" >&2; failed=$((failed + 1)); }; }
      for i in $(seq 1 ROUNDS); do
        for do in A D; do
          [[ $do == D && $((i %% 2)) == 0 ]] && continue
          tool=$([[ $((i %% 4)) -lt 2 ]] && echo %1$s || echo %2$s)
          change $tool -w 60 -$do OTHERS -p tcp -m tcp --dport $i -j RETURN
          change $tool -w 60 -t nat -$do OTHERS -p tcp -m tcp --dport $i -j RETURN
          change ipset $([[ $do == A ]] && echo add || echo del) others 192.0.$((i / 250)).$((i %% 250))
        done
      done
      exit $failed
      """;

  private static final double CHANGES_A_ROUND = 4.5;

  @TempDir private Path folder;
  private GuardedNode node;
  private SteadyProbes probes;

  @AfterEach
  void stop() throws Exception {
    if (probes != null) {
      probes.close();
    }
    if (node != null) {
      node.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void noChangeOfOthersAndNoneOfOursIsLost(Backend backend) throws Exception {
    writeTogether(backend, 60);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource(Backend.class)
  void noneOfAThousandChangesIsLost(Backend backend) throws Exception {
    writeTogether(backend, Repetitions.of(224, 40));
  }

  private void writeTogether(Backend backend, int rounds) throws Exception {
    node = new GuardedNode(new Mode(backend, "ipset"), folder);
    node.run("ipset create others hash:ip");
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      for (String table : List.of("filter", "nat")) {
        node.run(node.iptables(tool) + " -t " + table + " -N OTHERS");
      }
    }
    long seed = Long.getLong("netpol.test.seed", System.nanoTime());
    Map<String, List<String>> good;
    long changes;
    int writes;
    try (Churn churn = new Churn(node.api(), seed)) {
      node.startAgent(Map.of(Setting.RESYNC_INTERVAL, "500"));
      node.awaitResync(); // the first round of conntrack is over, which an apply waits for
      good = node.ours();
      node.tools().clear();
      churn.start();
      String script =
          SCRIPT
              .formatted(
                  node.iptables(IptablesTools.IPTABLES), node.iptables(IptablesTools.IP6TABLES))
              .replace("ROUNDS", Integer.toString(rounds));
      var finished =
          node.lab()
              .exec(
                  GuardedNode.NODE,
                  "",
                  Duration.ofMinutes(5),
                  List.of("env", "XTABLES_LOCKFILE=" + node.tools().lock(), "bash", "-c", script));
      assertThat(finished.ok()).as(finished.toString()).isTrue();
      changes = churn.changes();
      writes = node.tools().writes().size();
    }
    node.until("the state before", () -> node.ours().equals(good));
    Figures.print(
        "%s: %d changes of others while %d changes in the cluster (seed %d) made us write %d times",
        backend, (int) (rounds * CHANGES_A_ROUND), changes, seed, writes);
    assertThat(writes).as("we wrote all the time").isGreaterThan(rounds / 10);
    assertOthersAreWhole(rounds);
  }

  private void assertOthersAreWhole(int rounds) throws Exception {
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      boolean v4 = tool == IptablesTools.IPTABLES;
      List<String> expected =
          java.util.stream.IntStream.rangeClosed(1, rounds)
              .filter(i -> i % 2 == 0 && i % 4 < 2 == v4)
              .mapToObj(i -> "-A OTHERS -p tcp -m tcp --dport " + i + " -j RETURN")
              .toList();
      for (String table : List.of("filter", "nat")) {
        assertThat(node.run(node.iptables(tool) + "-save -t " + table).lines())
            .as(tool + " " + table)
            .filteredOn(line -> line.startsWith("-A OTHERS "))
            .isEqualTo(expected);
      }
    }
    assertThat(node.run("ipset save others").lines().filter(line -> line.startsWith("add ")))
        .containsExactlyInAnyOrderElementsOf(
            java.util.stream.IntStream.rangeClosed(1, rounds)
                .filter(i -> i % 2 == 0)
                .mapToObj(i -> "add others 192.0." + i / 250 + "." + i % 250)
                .toList());
  }

  @Test
  void lockHeldByOthersIsWaitedForWithinBounds() throws Exception {
    waitsForTheLock(Map.of(Setting.LOCK_WAIT_SECONDS, "1"));
  }

  @Tag("long")
  @Test
  void lockHeldForLongIsWaitedForWithinBounds() throws Exception {
    waitsForTheLock(Map.of());
  }

  /** The legacy back-end has the lock; nft needs none. */
  private void waitsForTheLock(Map<Setting, String> settings) throws Exception {
    node = new GuardedNode(new Mode(Backend.LEGACY, "ipset"), folder);
    node.api().policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
    node.startAgent(settings);
    probes = SteadyProbes.start(node.lab(), 7000, List.of("shop/db", "shop/web"));
    probes.send(Kind.DENIED, "play/toy", "shop/db");
    probes.send(Kind.NEW, "play/toy", "shop/web");
    node.tools().clear();
    Process holder = new ProcessBuilder("flock", node.tools().lock().toString(), "cat").start();
    try {
      node.until("the lock", () -> holder.toHandle().children().findAny().isPresent());
      node.api().policy("shop", "cart", "podSelector: {matchLabels: {app: cart}}");
      node.until("a second try", () -> restores() >= 2);
      assertThat(node.ours().toString()).doesNotContain("shop/cart");
      holder.getOutputStream().close();
      assertThat(holder.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      holder.descendants().forEach(ProcessHandle::destroy);
      holder.destroy();
    }
    node.until("the policy", () -> node.ours().toString().contains("shop/cart ingress denied"));
    node.awaitGood();
    Path letters = folder.resolve("letters");
    if (Files.exists(letters)) {
      try (var files = Files.list(letters)) {
        assertThat(files).isEmpty();
      }
    }
    probes.close();
    assertThat(probes.faults()).isEmpty();
    Figures.print("lock held by others: %d tries; probes %s", restores(), probes.counts());
  }

  private long restores() throws Exception {
    return node.tools().writes().stream().filter(line -> !line.startsWith("ipset")).count();
  }
}
