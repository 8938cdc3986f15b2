package io.netpol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * No test is right or wrong by how long something took: it has a clock of its own, or waits with
 * {@link io.netpol.testing.Eventually} for what must come about.
 */
@AnalyzeClasses(packages = "io.netpol", importOptions = OnlyIncludeTests.class)
class RealTimeTest {

  /** Those that disturb the agent at random times, or send all the time. */
  private static final String DISTURBERS =
      "io[.]netpol[.](testing[.]Eventually|lab[.]SteadyProbes|cli[.](Churn|FlakyProxy|KilledAgentTest)"
          + "|cluster[.]Probing|bench[.].*)([$].*)?";

  @ArchTest
  static final ArchRule nobodySleeps =
      noClasses()
          .that()
          .haveNameNotMatching(DISTURBERS)
          .should()
          .callMethod(Thread.class, "sleep", long.class)
          .orShould()
          .callMethod(java.util.concurrent.TimeUnit.class, "sleep", long.class)
          .orShould()
          .callMethod(java.util.concurrent.locks.LockSupport.class, "parkNanos", long.class);
}
