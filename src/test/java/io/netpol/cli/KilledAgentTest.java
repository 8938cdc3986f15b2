package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cli.GuardedNode.Mode;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.lab.SteadyProbes;
import io.netpol.lab.SteadyProbes.Kind;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Eventually;
import io.netpol.testing.Figures;
import io.netpol.testing.NeedsKernel;
import io.netpol.testing.Repetitions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An agent that is killed (SIGKILL) at random moments while policies and pods change: what is
 * denied in every state never passes, what is allowed in every state is never cut.
 */
@NeedsKernel
class KilledAgentTest {

  private static final int PORT = 7000;

  /** Some kills come while tools are slow, to fall between two of them. */
  private static final int SLOW_MILLIS = 300;

  @TempDir private Path folder;
  private GuardedNode node;
  private AgentProcess agent;
  private SteadyProbes probes;

  @AfterEach
  void stop() throws Exception {
    if (probes != null) {
      probes.close();
    }
    if (agent != null) {
      agent.kill();
    }
    if (node != null) {
      node.close();
    }
  }

  static Stream<Mode> some() {
    return Stream.of(new Mode(Backend.NFT, "ipset"), Mode.NFTABLES);
  }

  static Stream<Mode> sets() {
    return Mode.all().filter(mode -> mode.peers().equals("ipset"));
  }

  static Stream<Mode> rules() {
    return Mode.all().filter(mode -> mode.peers().equals("rules"));
  }

  @ParameterizedTest
  @MethodSource("some")
  void nothingOpensAndNothingIsCutWhenTheAgentIsKilled(Mode mode) throws Exception {
    survives(mode, 5);
  }

  @ParameterizedTest
  @MethodSource("some")
  void whoIsStartedAfterAKillWritesNothingThatIsThere(Mode mode) throws Exception {
    Map<String, List<String>> good = startWithPolicy(mode);
    agent.kill();
    node.tools().clear();
    agent.start();
    await(() -> readings(mode) > 1);
    assertThat(node.tools().writes()).isEmpty();
    assertThat(node.ours()).isEqualTo(good);
  }

  @Tag("long")
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  @ParameterizedTest
  @MethodSource("sets")
  void nothingOpensAndNothingIsCutInAHundredKills(Mode mode) throws Exception {
    survives(mode, Repetitions.of(100));
  }

  @Tag("long")
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  @ParameterizedTest
  @MethodSource("rules")
  void nothingOpensAndNothingIsCutWithoutSetsEither(Mode mode) throws Exception {
    survives(mode, Repetitions.of(25));
  }

  /** What waits for a lock when the agent is killed gets it when the next one has read all. */
  @ParameterizedTest
  @MethodSource("some")
  void whatAKilledAgentHadStartedAndWritesLateIsRepairedSoon(Mode mode) throws Exception {
    Map<String, List<String>> good = startWithPolicy(mode);

    node.tools().hold();
    node.api().policy("shop", "web", "podSelector: {matchLabels: {app: web}}");
    await(node.tools()::isHeld);
    agent.kill();
    node.api().deletePolicy("shop", "web");
    node.tools().clear();
    agent.start();
    // The first apply has read everything when the second check begins.
    await(() -> readings(mode) > 1);
    assertThat(node.ours()).isEqualTo(good);
    node.tools().release();
    // It may be repaired before anybody looks, but then the agent has said so.
    await(
        () ->
            agent.printed().contains("somebody else changed")
                || node.ours().toString().contains("shop/web ingress denied"));
    await(() -> node.ours().equals(good));
  }

  /** Starts an agent, and returns what it has written in the end. */
  private Map<String, List<String>> startWithPolicy(Mode mode) throws Exception {
    node = new GuardedNode(mode, folder);
    node.api().policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
    Map<Setting, String> settings = node.settings();
    settings.put(Setting.KUBECONFIG, node.api().kubeconfig(folder).toString());
    settings.put(Setting.CHECK_DELAY, "500");
    settings.put(Setting.RESYNC_INTERVAL, "3600000");
    agent = new AgentProcess(folder, settings);
    agent.start();
    await(() -> node.ours().toString().contains("shop/db ingress denied"));
    await(() -> mode.isNftables() || node.ours().containsKey("ip6tables OUTPUT"));
    return node.ours();
  }

  /** How often everything was read since the tools were cleared. */
  private long readings(Mode mode) throws Exception {
    String last = mode.isNftables() ? "nft -s" : "ip6tables";
    return node.tools().started().stream().filter(line -> line.startsWith(last)).count();
  }

  private void survives(Mode mode, int kills) throws Exception {
    long seed = Long.getLong("netpol.test.seed", System.nanoTime());
    Random random = new Random(seed);
    node = new GuardedNode(mode, folder);
    Map<Setting, String> settings = node.settings();
    settings.put(Setting.KUBECONFIG, node.api().kubeconfig(folder).toString());
    settings.put(Setting.RESYNC_INTERVAL, "2000");
    agent = new AgentProcess(folder, settings);
    Map<String, List<String>> good;
    int amidst = 0;
    long changes;
    try (Churn churn = new Churn(node.api(), seed)) {
      long start = System.nanoTime();
      agent.start();
      await(() -> node.ours().toString().contains("shop/db ingress denied"));
      await(() -> node.ours().toString().contains("shop/cart egress denied"));
      int startMillis = (int) ((System.nanoTime() - start) / 1_000_000);
      good = node.ours();
      probe();
      churn.start();
      for (int i = 0; i < kills; i++) {
        if (!agent.isAlive()) {
          agent.start();
        }
        node.tools().slow(random.nextBoolean() ? SLOW_MILLIS : 0);
        int before = node.tools().started().size();
        if (random.nextBoolean()) {
          Thread.sleep(random.nextInt(startMillis * 8 / 5));
        } else {
          int processes = before + 1 + random.nextInt(12);
          await(() -> node.tools().started().size() >= processes);
          Thread.sleep(random.nextInt(30));
        }
        assertThat(agent.isAlive()).as("before the kill").isTrue();
        agent.kill();
        amidst += node.tools().started().size() > before ? 1 : 0;
        assertThat(probes.faults()).as(report(mode, seed, i + 1)).isEmpty();
        if ((i + 1) % 10 == 0) {
          Figures.print("%d kills (%s, seed %d), probes: %s", i + 1, mode, seed, probes.counts());
        }
      }
      changes = churn.changes();
    }
    node.tools().slow(0);
    agent.start();
    await(() -> node.ours().equals(good));
    probes.close();
    Figures.print(
        "killed %d times (%s, seed %d), %d of them after tools had begun; %d changes; probes: %s",
        kills, mode, seed, amidst, changes, probes.counts());
    assertThat(probes.faults()).as(report(mode, seed, kills)).isEmpty();
    for (Kind kind : Kind.values()) {
      assertThat(probes.count(kind)).as("probes of kind " + kind).isGreaterThan(100L * kills);
    }
  }

  private void probe() throws Exception {
    probes =
        SteadyProbes.start(node.lab(), PORT, List.of("shop/db", "shop/web", "play/toy", "world"));
    probes.send(Kind.DENIED, "play/toy", "shop/db");
    probes.send(Kind.DENIED, "world", "shop/db");
    probes.send(Kind.DENIED, "shop/cart", "shop/web");
    probes.send(Kind.DENIED, "shop/cart", "world");
    probes.send(Kind.NEW, "shop/api", "shop/db");
    probes.send(Kind.NEW, "shop/cart", "shop/db");
    probes.send(Kind.NEW, "play/toy", "shop/web");
    probes.send(Kind.LASTING, "shop/web", "shop/db");
    probes.send(Kind.CONNECTION, "shop/api", "shop/db");
    probes.send(Kind.CONNECTION, "shop/cart", "shop/db");
  }

  private String report(Mode mode, long seed, int kills) throws Exception {
    return "%s, -Dnetpol.test.seed=%d, %d kills, %s; the agent said: %s"
        .formatted(mode, seed, kills, probes.counts(), agent.printed());
  }

  private void await(java.util.concurrent.Callable<Boolean> condition) throws Exception {
    Eventually.holds(
        agent::printed,
        () -> {
          assertThat(agent.isAlive()).as("alive; it printed: " + agent.printed()).isTrue();
          return condition.call();
        });
  }
}
