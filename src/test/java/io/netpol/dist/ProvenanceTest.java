package io.netpol.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the program is built from: versions without known advisories, and nothing by a mere name.
 */
class ProvenanceTest {

  private static final Pattern DIGEST =
      Pattern.compile("(?m)^ARG BASE=docker\\.io/library/debian@sha256:[0-9a-f]{64}$");

  /** Each with the advisory that the version before it has. */
  @ParameterizedTest
  @CsvSource({
    "netty-(?!tcnative), 4.1.138", // CVE-2026-89044
    "vertx-, 4.5.27", // CVE-2026-6860
    "log4j-, 2.25.4", // CVE-2026-34477
    "jackson-(?!annotations), 2.21.6", // CVE-2026-68497
    "jackson-annotations, 2.21",
    "assertj-, 3.27.7", // CVE-2026-24400
  })
  void libraryHasNoKnownAdvisory(String library, String least) {
    List<String> found = jars(library);
    assertThat(found).as("jars of " + library).isNotEmpty();
    assertThat(found).allSatisfy(jar -> assertThat(isAtLeast(version(jar), least)).isTrue());
  }

  @Test
  void versionsAreComparedByTheirNumbers() {
    assertThat(version("netty-codec-http2-4.1.140.Final.jar")).isEqualTo("4.1.140");
    assertThat(isAtLeast("4.1.140", "4.1.138")).isTrue();
    assertThat(isAtLeast("4.1.99", "4.1.138")).isFalse();
    assertThat(isAtLeast("4.2", "4.1.138")).isTrue();
    assertThat(isAtLeast("4.1", "4.1.138")).isFalse();
  }

  @Test
  void mavenIsTakenWithItsChecksumOnly() throws IOException {
    assertThat(Path.of(".mvn/wrapper/maven-wrapper.properties"))
        .content()
        .containsPattern("(?m)^distributionSha256Sum=[0-9a-f]{64}$");
    assertThat(Path.of("mvnw")).content().contains("distributionSha256Sum) ");
  }

  @Test
  void baseOfTheImageHasItsDigest() {
    assertThat(Path.of("Dockerfile")).content().containsPattern(DIGEST);
  }

  /** A test that cannot run is skipped elsewhere; here nobody would read that. */
  @Test
  void continuousIntegrationSkipsNothing(@TempDir Path folder) throws Exception {
    Files.createDirectory(folder.resolve(".ci"));
    Path run = Files.copy(Path.of(".ci/run"), folder.resolve(".ci/run"));
    Path dev = Files.writeString(folder.resolve("dev"), "#!/bin/sh\necho CI=$CI \"$@\"\n");
    assertThat(run.toFile().setExecutable(true) && dev.toFile().setExecutable(true)).isTrue();
    ProcessBuilder builder = new ProcessBuilder(run.toString());
    builder.environment().remove("CI");
    Process process = builder.start();
    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("CI=true test\n");
    assertThat(process.waitFor()).isZero();
  }

  /** The names of the jars that this runs with. */
  private static List<String> jars(String library) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(classPath.split(File.pathSeparator))
        .map(path -> new File(path).getName())
        .filter(Pattern.compile("^" + library + ".*\\.jar$").asMatchPredicate())
        .toList();
  }

  private static String version(String jar) {
    Matcher version = Pattern.compile("-([0-9]+(?:\\.[0-9]+)*)[^-]*\\.jar$").matcher(jar);
    assertThat(version.find()).as(jar).isTrue();
    return version.group(1);
  }

  private static boolean isAtLeast(String version, String least) {
    List<Integer> numbers = numbers(version);
    List<Integer> leastNumbers = numbers(least);
    for (int i = 0; i < leastNumbers.size(); i++) {
      int number = i < numbers.size() ? numbers.get(i) : 0;
      if (number != leastNumbers.get(i)) {
        return number > leastNumbers.get(i);
      }
    }
    return true;
  }

  private static List<Integer> numbers(String version) {
    List<Integer> numbers = new ArrayList<>();
    for (String number : version.split("\\.")) {
      numbers.add(Integer.parseInt(number));
    }
    return numbers;
  }
}
