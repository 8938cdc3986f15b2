package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.RestoreFiles;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.RenderOptions.Accept;
import io.netpol.dataplane.render.RenderOptions.Deny;
import io.netpol.dataplane.render.RenderOptions.PeerForm;
import io.netpol.evaluate.Flow;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.net.Family;
import io.netpol.testing.Figures;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The evaluator and the rules say the same of random connections in random clusters. {@code
 * -Dagreement.seed=N} begins with another seed.
 */
@Tag("stress")
class AgreementTest {

  private static final int FLOWS = 60;
  private static final LabPlan PLAN = new Topology().plan(Wiring.ROUTED);

  @Test
  void evaluatorAndRulesAgree() {
    agree(400);
  }

  @Test
  @Tag("long")
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void evaluatorAndRulesAgreeInManyClusters() {
    agree(12_000);
  }

  private static void agree(int clusters) {
    long first = Long.getLong("agreement.seed", 1);
    int[] verdicts = new int[2];
    for (long seed = first; seed < first + clusters; seed++) {
      Agreement agreement =
          new Agreement(PLAN, options(new Random(seed)), UnaryOperator.identity());
      PolicyCase policyCase = RandomCase.of(seed, PLAN, true);
      Agreement.Rendered rendered = agreement.render(policyCase);
      for (Flow flow : agreement.flows(new Random(seed), FLOWS)) {
        verdicts[rendered.evaluated(flow) ? 1 : 0]++;
        if (rendered.disagreeOn(flow)) {
          fail(agreement.counterexample(policyCase, flow));
        }
      }
    }
    Figures.print(
        "%d clusters, %d connections: %d denied, %d allowed",
        clusters, verdicts[0] + verdicts[1], verdicts[0], verdicts[1]);
    // Cases in which all is allowed, or nothing, would show little.
    int least = clusters * FLOWS / 10;
    assertThat(verdicts[0]).isGreaterThan(least);
    assertThat(verdicts[1]).isGreaterThan(least);
  }

  /** What the options do to connections is the same for all, so any of them will do. */
  private static RenderOptions options(Random random) {
    return new RenderOptions(
        Set.of(Family.values()),
        PeerForm.values()[random.nextInt(PeerForm.values().length)],
        Accept.values()[random.nextInt(Accept.values().length)],
        Deny.values()[random.nextInt(Deny.values().length)],
        RenderOptions.Log.OFF,
        RenderOptions.DEFAULT.unprogrammed());
  }

  /** A rule that lost its port is found, and told with little more than what it takes to see it. */
  @Test
  void wrongRuleIsFoundAndToldInAFewObjects() {
    Agreement agreement = new Agreement(PLAN, RenderOptions.DEFAULT, AgreementTest::withoutPorts);
    for (long seed = 1; seed < 1000; seed++) {
      PolicyCase policyCase = RandomCase.of(seed, PLAN, true);
      Agreement.Rendered rendered = agreement.render(policyCase);
      for (Flow flow : agreement.flows(new Random(seed), FLOWS)) {
        if (rendered.disagreeOn(flow)) {
          PolicyCase smallest =
              Shrinking.smallest(policyCase, c -> agreement.render(c).disagreeOn(flow));
          assertThat(smallest.policies()).hasSize(1);
          assertThat(smallest.policies().get(0).toString()).contains("\"port");
          assertThat(smallest.pods().values().stream().filter(pod -> pod != null))
              .hasSizeLessThan(4);
          assertThat(agreement.counterexample(policyCase, flow))
              .contains("kind: \"NetworkPolicy\"", "the rules say allowed");
          return;
        }
      }
    }
    fail("rules without ports were not noticed");
  }

  private static RestoreFiles withoutPorts(RestoreFiles payloads) {
    Map<KernelTool, String> changed = new TreeMap<>(payloads.byTool());
    for (KernelTool tool : List.of(IptablesTools.IPTABLES, IptablesTools.IP6TABLES)) {
      changed.computeIfPresent(
          tool, (t, text) -> text.replaceAll(" -m (tcp|udp|multiport) --dports? [0-9:,]+", ""));
    }
    return new RestoreFiles(changed);
  }
}
