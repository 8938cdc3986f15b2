package io.netpol;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.text.DecimalFormatSymbols;
import java.text.NumberFormat;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;

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
          .layer("dataplane.render")
          .definedBy("io.netpol.dataplane.render..")
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
          .whereLayer("dataplane.render")
          .mayOnlyBeAccessedByLayers("iptables", "route", "observe", "demo", "cli")
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
  static final ArchRule rulesUseTheJdkAndPolicyOnly =
      classes()
          .that()
          .resideInAPackage("io.netpol.dataplane.render..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "io.netpol.policy..", "io.netpol.dataplane.render..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule iptablesUsesTheJdkPolicyAndRulesOnly =
      classes()
          .that()
          .resideInAPackage("io.netpol.iptables..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              ANNOTATIONS,
              "io.netpol.policy..",
              "io.netpol.dataplane.render..",
              "io.netpol.iptables..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule everyClassIsInAKnownPackage =
      classes()
          .that()
          .resideInAPackage("io.netpol..")
          .should()
          .resideInAnyPackage(
              "io.netpol.policy..",
              "io.netpol.dataplane.render..",
              "io.netpol.iptables..",
              "io.netpol.kubernetes..",
              "io.netpol.route..",
              "io.netpol.observe..",
              "io.netpol.demo..",
              "io.netpol.cli..")
          .as("every class is in a package that the rules above know");

  /** Some locales have digits and letters of their own, and kernel tools read none of them. */
  @ArchTest
  static final ArchRule noTextDependsOnTheLocale =
      noClasses()
          .that()
          .haveSimpleNameNotEndingWith("Configurer") // what Camel generates, for its own options
          .should()
          .callMethod(String.class, "formatted", Object[].class)
          .orShould()
          .callMethod(String.class, "format", String.class, Object[].class)
          .orShould()
          .callMethod(String.class, "toLowerCase")
          .orShould()
          .callMethod(String.class, "toUpperCase")
          .orShould()
          .callCodeUnitWhere(formatsByTheDefaultLocale())
          .because("some locales have digits and letters of their own: give Locale.ROOT");

  private static DescribedPredicate<JavaCall<?>> formatsByTheDefaultLocale() {
    return describe(
        "formats by the default locale",
        call -> {
          JavaClass owner = call.getTargetOwner();
          boolean given =
              call.getTarget().getRawParameterTypes().stream()
                  .anyMatch(
                      type ->
                          type.isEquivalentTo(Locale.class)
                              || type.isEquivalentTo(DecimalFormatSymbols.class));
          boolean formats =
              (call.getName().equals("printf") || call.getName().equals("format"))
                      && (owner.isAssignableTo(PrintStream.class)
                          || owner.isAssignableTo(PrintWriter.class))
                  || call.getName().equals("ofPattern")
                      && owner.isEquivalentTo(DateTimeFormatter.class)
                  || call.getName().equals("<init>")
                      && (owner.isEquivalentTo(Formatter.class)
                          || owner.isAssignableTo(NumberFormat.class))
                  || call.getName().startsWith("get")
                      && call.getName().endsWith("Instance")
                      && owner.isAssignableTo(NumberFormat.class);
          return formats && !given;
        });
  }

  @ArchTest
  static final ArchRule timesAreNotMeasuredByTheClock =
      noClasses()
          .that()
          .doNotHaveSimpleName("LetterTable") // the ages of files that another process wrote
          .should()
          .callMethodWhere(
              isOneOf(Instant.class, "isAfter", "isBefore", "plus", "minus", "until", "compareTo"))
          .orShould()
          .callMethodWhere(isOneOf(Duration.class, "between"))
          .because("somebody may set the clock; System.nanoTime() goes on");

  @ArchTest
  static final ArchRule clockIsReadOnlyToTellPeopleTheTime =
      noClasses()
          .that()
          .doNotHaveSimpleName("Enrich") // turns the header of an event into nanoseconds
          .and()
          .doNotHaveSimpleName("Deliveries") // the header of events
          .and()
          .doNotHaveSimpleName("PendingChanges") // the same
          .should()
          .callMethodWhere(isOneOf(System.class, "currentTimeMillis"))
          .orShould()
          .callMethodWhere(isOneOf(Clock.class, "millis"));

  private static DescribedPredicate<JavaMethodCall> isOneOf(Class<?> owner, String... names) {
    return DescribedPredicate.describe(
        "a call of %s.%s".formatted(owner.getSimpleName(), String.join("/", names)),
        call ->
            call.getTargetOwner().isEquivalentTo(owner) && List.of(names).contains(call.getName()));
  }

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.netpol.(*)..").should().beFreeOfCycles().allowEmptyShould(true);
}
