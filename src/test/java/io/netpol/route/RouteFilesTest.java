package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

public class RouteFilesTest {

  @ParameterizedTest
  @ValueSource(strings = {"routes", "src/main/resources/demo", "src/test/resources/routes/good"})
  void routeFilesKeepToTheRules(Path folder) throws IOException {
    assertThat(RouteFileRules.violations(folder)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void examplesKeepToTheRules(Path folder) throws IOException {
    assertThat(RouteFileRules.violations(folder)).isEmpty();
  }

  public static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("examples"))) {
      return files
          .filter(file -> file.toString().endsWith(".camel.yaml"))
          .map(Path::getParent)
          .distinct()
          .sorted()
          .toList();
    }
  }

  @Test
  void everyRouteFileHasATest() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> name.endsWith(".camel.yaml"))
          .isNotEmpty()
          .allSatisfy(name -> assertThat(testOf(name)).exists());
    }
  }

  /** {@code DeadLetterRoutesTest} for {@code dead-letter.camel.yaml}. */
  private static Path testOf(String file) {
    String words =
        Pattern.compile("(?:^|-)(.)")
            .matcher(file.replace(".camel.yaml", ""))
            .replaceAll(first -> first.group(1).toUpperCase(Locale.ROOT));
    return Path.of("src/test/java/io/netpol/route", words + "RoutesTest.java");
  }

  @Test
  void violationIsNamedWithItsPlace() throws IOException {
    assertThat(RouteFileRules.violations(Path.of("src/test/resources/routes/bad")))
        .containsExactlyInAnyOrder(
            "bare-from.camel.yaml: a bare from: write it as a route, with id and description",
            "ids.camel.yaml: routeConfiguration/onException: no id",
            "ids.camel.yaml: route: id camelCase is not kebab-case",
            "ids.camel.yaml: route: no description",
            "ids.camel.yaml: route/from: no id",
            "ids.camel.yaml: route/from/steps/0/log: no id",
            "ids.camel.yaml: route/from/steps/1/choice: no id",
            "ids.camel.yaml: route/from/steps/1/choice/when: no id",
            "ids.camel.yaml: route/from/steps/2/to: id twice stands at"
                + " ids.camel.yaml: route/from/steps/1/choice/when/steps/0/to too",
            "schema.camel.yaml: $[0].route.from.steps[0].setBody: property 'colour' is not defined in the schema"
                + " and the schema does not allow additional properties");
  }

  @Test
  void folderWithoutRouteFilesIsWrong(@TempDir Path folder) throws IOException {
    assertThat(RouteFileRules.violations(folder)).hasSize(1);
    assertThat(RouteFileRules.violations(folder.resolve("missing"))).hasSize(1);
  }
}
