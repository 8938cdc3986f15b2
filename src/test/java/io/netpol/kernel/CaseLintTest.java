package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.lint.Finding;
import io.netpol.analysis.lint.PolicyLint;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Lint finds in the policy cases what is true of them, and nothing else. */
class CaseLintTest {

  @Test
  void findsWhatPeopleHaveLookedAt() throws IOException {
    LabPlan plan = new Topology().plan(Wiring.ROUTED);
    StringBuilder text = new StringBuilder();
    for (PolicyCase each : PolicyCase.all()) {
      for (Finding finding : PolicyLint.of(new CaseObjects(plan, each).known())) {
        text.append(each.name()).append(": ").append(finding.severity().lowerCase()).append(": ");
        text.append(finding).append('\n');
      }
    }
    assertThat(text).isNotEmpty();
    Golden.check(Path.of("src/test/resources/lint/cases.txt"), text.toString());
  }
}
