package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.lint.Finding;
import io.netpol.analysis.lint.Finding.Code;
import io.netpol.analysis.lint.PolicyLint;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Flow;
import io.netpol.index.Cluster;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.Kind;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What lint says of a policy's effect is so: without the policy every verdict is the same. */
@Tag("stress")
class LintTruthTest {

  private static final LabPlan PLAN = new Topology().plan(Wiring.ROUTED);
  private static final Set<Code> WITHOUT_EFFECT = Set.of(Code.REDUNDANT, Code.SELECTS_NOTHING);

  @Test
  void policyThatIsSaidToHaveNoEffectHasNone() {
    Agreement agreement = new Agreement(PLAN, RenderOptions.DEFAULT, UnaryOperator.identity());
    int redundant = 0;
    for (long seed = 1; seed <= 400; seed++) {
      PolicyCase policyCase = RandomCase.of(seed, PLAN, true);
      Cluster cluster = new CaseObjects(PLAN, policyCase).known();
      List<Finding> findings = PolicyLint.of(cluster);
      for (Finding finding : findings) {
        if (!WITHOUT_EFFECT.contains(finding.code())) {
          continue;
        }
        redundant += finding.code() == Code.REDUNDANT ? 1 : 0;
        Cluster without = new CaseObjects(PLAN, policyCase).known();
        without.remove(Kind.NETWORK_POLICY, finding.policy());
        Evaluator before = new Evaluator(cluster);
        Evaluator after = new Evaluator(without);
        for (Flow flow : agreement.flows(new Random(seed), 60)) {
          assertThat(after.verdict(flow).allowed())
              .as("%s: %s: %s", policyCase, finding, flow)
              .isEqualTo(before.verdict(flow).allowed());
        }
      }
    }
    assertThat(redundant).as("redundant policies seen").isGreaterThan(10);
  }
}
