package io.netpol;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
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
import java.util.stream.Stream;
import org.apache.camel.CamelContext;

/**
 * Which package may use which: what a policy means knows nothing of Camel, Kubernetes or the
 * kernel.
 */
@AnalyzeClasses(packages = "io.netpol", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

  /** {@code @GuardedBy}, which the compiler reads and the program does not have at run time. */
  private static final String ANNOTATIONS = "com.google.errorprone.annotations..";

  /** From the lowest floor to the highest: each may use those before it. */
  private static final List<String> FLOORS =
      List.of(
          "net",
          "model",
          "index",
          "evaluate",
          "analysis",
          "dataplane",
          "kubernetes",
          "route",
          "observe",
          "cli",
          // Its classes and libraries are not on the agent's class path, so that nothing uses them.
          "lab");

  /** What they depend on besides each other is the JDK. */
  private static final List<String> PURE =
      List.of("net", "model", "index", "evaluate", "analysis", "dataplane");

  private static String in(String floor) {
    return "io.netpol." + floor + "..";
  }

  @ArchTest
  static void floorsUseOnlyThoseBelow(JavaClasses classes) {
    for (int i = 0; i < FLOORS.size() - 1; i++) {
      String[] above =
          FLOORS.subList(i + 1, FLOORS.size()).stream()
              .map(ArchitectureTest::in)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(in(FLOORS.get(i)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(above)
          .check(classes);
    }
  }

  /** What {@code lib/demo} has and {@code lib} has not; what the demo is, its command is told. */
  @ArchTest
  static final ArchRule onlyTheLabUsesWhatTheAgentDoesNotLoad =
      noClasses()
          .that()
          .resideOutsideOfPackage(in("lab"))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              in("lab"),
              "com.sun.jna..",
              "io.fabric8.kubernetes.client.server.mock..",
              "io.fabric8.mockwebserver..");

  /** The sources know the client of the API server; the lab plays an API server. */
  @ArchTest
  static final ArchRule onlySourcesKnowTheClientOfTheApiServer =
      noClasses()
          .that()
          .resideOutsideOfPackages(in("kubernetes"), in("lab"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.fabric8..");

  @ArchTest
  static final ArchRule packagesAreInNoCircle =
      slices().matching("io.netpol.(**)").should().beFreeOfCycles();

  /** Analysis answers questions of people, and the kernel gets nothing from there. */
  @ArchTest
  static final ArchRule dataplaneDoesNotUseTheAnalysis =
      noClasses()
          .that()
          .resideInAPackage(in("dataplane"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(in("analysis"));

  @ArchTest
  static final ArchRule theseUseTheJdkOnly =
      classes()
          .that()
          .resideInAnyPackage(PURE.stream().map(ArchitectureTest::in).toArray(String[]::new))
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              Stream.concat(
                      Stream.of("java..", ANNOTATIONS), PURE.stream().map(ArchitectureTest::in))
                  .toArray(String[]::new));

  /** The line in {@code META-INF/services} is all that names a back-end. */
  @ArchTest
  static final ArchRule onlyABackEndKnowsItsClasses =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.netpol.dataplane.iptables..",
              "io.netpol.dataplane.ipset..",
              "io.netpol.dataplane.nftables..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.netpol.dataplane.iptables..",
              "io.netpol.dataplane.ipset..",
              "io.netpol.dataplane.nftables..");

  /** A back-end writes rules; what they are for it reads off their labels. */
  @ArchTest
  static final ArchRule rulesKnowNoBackEnd =
      noClasses()
          .that()
          .resideInAPackage("io.netpol.dataplane.render..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.netpol.dataplane",
              "io.netpol.dataplane.iptables..",
              "io.netpol.dataplane.ipset..",
              "io.netpol.dataplane.nftables..",
              "io.netpol.dataplane.reconcile..",
              "io.netpol.dataplane.conntrack..");

  @ArchTest
  static final ArchRule everyClassIsOnAFloor =
      classes()
          .should()
          .resideInAnyPackage(FLOORS.stream().map(ArchitectureTest::in).toArray(String[]::new));

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
          .doNotHaveSimpleName("IndexUpdater") // turns the header of an event into nanoseconds
          .and()
          .doNotHaveSimpleName("EventLoop") // the header of events
          .and()
          .doNotHaveSimpleName("WorkQueue") // the same
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

  /** Camel calls these listeners again whenever a route is added or started. */
  @ArchTest
  static final ArchRule whatRunsAtTheStartRunsOnce =
      noClasses()
          .that()
          .doNotHaveSimpleName("FirstStart")
          .and()
          .doNotHaveSimpleName("MetricsConfiguration") // counters of routes that are added later
          .should()
          .callMethodWhere(isOneOf(CamelContext.class, "addStartupListener"));

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.netpol.(*)..").should().beFreeOfCycles().allowEmptyShould(true);
}
