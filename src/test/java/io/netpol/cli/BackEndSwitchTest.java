package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.Flow;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import io.netpol.testing.Repetitions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node changes its back-end back and forth, and no denied packet passes meanwhile. */
@NeedsKernel
class BackEndSwitchTest {

  private static final int PORT = 80;

  @TempDir private Path folder;

  @Test
  void newRulesStandBeforeTheFormerGo() throws Exception {
    switches(4);
  }

  @Tag("long")
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  @Test
  void nothingPassesInAHundredSwitches() throws Exception {
    switches(Repetitions.of(100));
  }

  private void switches(int times) throws Exception {
    LabPlan plan =
        LabPlan.of(LabPlan.Wiring.ROUTED).node("n1").pod("shop/db", "n1").pod("shop/web", "n1");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT));
        ApiFixture api = new ApiFixture()) {
      api.create(lab, "shop");
      api.policy("shop", "db", "{podSelector: {matchLabels: {app: db}}}");
      switchUnderProbes(lab, prober, api, times);
    }
  }

  private void switchUnderProbes(LabNetwork lab, Prober prober, ApiFixture api, int times)
      throws Exception {
    AtomicBoolean ended = new AtomicBoolean();
    CompletableFuture<Integer> probes = null;
    for (int i = 0; i <= times; i++) {
      String backend = i % 2 == 0 ? "iptables-nft" : "nftables";
      Map<Setting, String> settings =
          AgentSettings.of(api.name("n1"), folder, AgentSettings.inside(lab, "n1", "nft"));
      settings.put(Setting.BACKEND, backend);
      Settings all = Settings.of(settings);
      Agent agent = new Agent(all, ApiServer.watched(api.config()));
      agent.start();
      boolean nftables = backend.equals("nftables");
      Eventually.holds(() -> "the rules of " + backend, () -> hasRules(lab, nftables));
      if (probes == null) {
        Eventually.holds(() -> "the pod is isolated", () -> passed(lab, prober) == 0);
        probes = CompletableFuture.supplyAsync(() -> passedUntil(ended, lab, prober));
      }
      new FormerBackEnds(all).remove();
      assertThat(hasRules(lab, nftables)).as("rules of %s", backend).isTrue();
      assertThat(hasRules(lab, !nftables)).as("rules of the former back-end").isFalse();
      agent.stop();
    }
    ended.set(true);
    assertThat(probes.get()).as("connections that passed").isZero();
  }

  private static boolean hasRules(LabNetwork lab, boolean nftables) throws IOException {
    return nftables
        ? lab.run("n1", "nft list tables").contains("inet netpol")
        : lab.run("n1", "iptables-nft-save -t filter").contains("NWPLCY-IN-");
  }

  private static int passedUntil(AtomicBoolean ended, LabNetwork lab, Prober prober) {
    int passed = 0;
    try {
      while (!ended.get()) {
        passed += passed(lab, prober);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return passed;
  }

  private static int passed(LabNetwork lab, Prober prober) throws IOException {
    List<Flow> flows =
        Flow.all(
            List.of("shop/web"), lab.addresses("shop/db"), Set.of(Flow.Protocol.TCP), Set.of(PORT));
    return (int)
        prober.measure(flows, flow -> Flow.Outcome.DENIED).values().stream()
            .filter(outcome -> outcome == Flow.Outcome.ALLOWED)
            .count();
  }
}
