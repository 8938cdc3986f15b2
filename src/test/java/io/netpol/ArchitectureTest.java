package io.netpol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Which package may use which: what a policy means knows nothing of Camel, Kubernetes or the
 * kernel.
 */
@AnalyzeClasses(packages = "io.netpol", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  /** {@code @GuardedBy}, which the compiler reads and the program does not have at run time. */
  private static final String ANNOTATIONS = "com.google.errorprone.annotations..";

  @ArchTest
  static final ArchRule packagesUseOnlyThoseBelow =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .withOptionalLayers(true)
          .layer("policy")
          .definedBy("io.netpol.policy..")
          .layer("iptables")
          .definedBy("io.netpol.iptables..")
          .layer("kubernetes")
          .definedBy("io.netpol.kubernetes..")
          .layer("route")
          .definedBy("io.netpol.route..")
          .layer("observe")
          .definedBy("io.netpol.observe..")
          .layer("demo")
          .definedBy("io.netpol.demo..")
          .layer("cli")
          .definedBy("io.netpol.cli..")
          .whereLayer("iptables")
          .mayOnlyBeAccessedByLayers("route", "observe", "demo", "cli")
          .whereLayer("kubernetes")
          .mayOnlyBeAccessedByLayers("route", "observe", "demo", "cli")
          .whereLayer("route")
          .mayOnlyBeAccessedByLayers("observe", "demo", "cli")
          .whereLayer("observe")
          .mayOnlyBeAccessedByLayers("demo", "cli")
          // The demo needs jars that the image leaves out, so nothing but its command may load it.
          .whereLayer("demo")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule policyUsesTheJdkOnly =
      classes()
          .that()
          .resideInAPackage("io.netpol.policy..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", ANNOTATIONS, "io.netpol.policy..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule iptablesUsesTheJdkAndPolicyOnly =
      classes()
          .that()
          .resideInAPackage("io.netpol.iptables..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", ANNOTATIONS, "io.netpol.policy..", "io.netpol.iptables..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule everyClassIsInAKnownPackage =
      classes()
          .that()
          .resideInAPackage("io.netpol..")
          .should()
          .resideInAnyPackage(
              "io.netpol.policy..",
              "io.netpol.iptables..",
              "io.netpol.kubernetes..",
              "io.netpol.route..",
              "io.netpol.observe..",
              "io.netpol.demo..",
              "io.netpol.cli..")
          .as("every class is in a package that the rules above know");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.netpol.(*)..").should().beFreeOfCycles().allowEmptyShould(true);
}
