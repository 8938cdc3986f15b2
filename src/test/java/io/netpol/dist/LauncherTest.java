package io.netpol.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher {@code bin/netpol}, with a java that only prints its arguments. */
class LauncherTest {

  private static final Path LAUNCHER = Path.of("src/main/dist/bin/netpol");

  @TempDir Path folder;
  private Path home;
  private Path launcher;
  private Path jdk;

  @BeforeEach
  void install() throws IOException {
    home = Files.createDirectories(folder.resolve("net pol")).toRealPath();
    launcher = Files.createDirectories(home.resolve("bin")).resolve("netpol");
    Files.copy(LAUNCHER, launcher);
    Files.createDirectories(home.resolve("lib/demo"));
    for (String jar : List.of("lib/a.jar", "lib/demo/c.jar", "lib/B.jar")) {
      Files.createFile(home.resolve(jar));
    }
    jdk = folder.resolve("jdk");
    Path java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    assertThat(launcher.toFile().setExecutable(true) && java.toFile().setExecutable(true)).isTrue();
    release("17.0.1");
  }

  @Test
  void argumentsReachTheMainClassUnchanged() throws Exception {
    Run run =
        run(Map.of("JAVA_HOME", jdk.toString()), launcher, "render", "--manifests", "my dir", "");
    assertThat(run.status).isZero();
    assertThat(run.output)
        .containsSubsequence(
            "-cp",
            home + "/lib/B.jar:" + home + "/lib/a.jar:" + home + "/lib/demo/c.jar",
            "io.netpol.cli.Netpol")
        .endsWith("io.netpol.cli.Netpol", "render", "--manifests", "my dir", "");
  }

  @Test
  void anArchiveIsUsedWhereItIs() throws Exception {
    Map<String, String> environment = Map.of("JAVA_HOME", jdk.toString());
    assertThat(String.join("\n", run(environment, launcher, "run").output))
        .doesNotContain("SharedArchiveFile");
    Path archive = Files.createFile(home.resolve("lib/netpol.jsa"));
    assertThat(run(environment, launcher, "run").output)
        .containsSubsequence("-Xshare:auto", "-XX:SharedArchiveFile=" + archive, "-cp");
  }

  @Test
  void homeIsFoundThroughLinks() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("one"), launcher);
    Path linkToLink = Files.createSymbolicLink(folder.resolve("two"), link);
    assertThat(run(Map.of("JAVA_HOME", jdk.toString()), linkToLink).output)
        .contains("-Dnetpol.home=" + home);
  }

  @Test
  void javaIsFoundInThePath() throws Exception {
    Run run =
        run(Map.of("PATH", jdk.resolve("bin") + ":" + System.getenv("PATH")), launcher, "run");
    assertThat(run.output).contains("io.netpol.cli.Netpol");
  }

  @Test
  void userFlagsComeAfterOurs() throws Exception {
    Map<String, String> environment =
        Map.of("JAVA_HOME", jdk.toString(), "NETPOL_JAVA_OPTS", "-Xmx1g -Da=b");
    assertThat(run(environment, launcher, "run").output)
        .containsSubsequence("-Xmx256m", "-Xmx1g", "-Da=b", "-cp");
  }

  @ParameterizedTest
  @CsvSource({"run,256m", "demo,1g", "render,1g", "--version,1g"})
  void onlyTheAgentMustDoWithASmallHeap(String command, String heap) throws Exception {
    List<String> output = run(Map.of("JAVA_HOME", jdk.toString()), launcher, command).output;
    assertThat(output).contains("-Xmx" + heap);
  }

  @ParameterizedTest
  @ValueSource(strings = {"17", "17.0.15", "21", "25-ea"})
  void java17AndNewerWillDo(String version) throws Exception {
    release(version);
    assertThat(run(Map.of("JAVA_HOME", jdk.toString()), launcher).status).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.8.0_402", "11.0.22", "", "what"})
  void olderJavaIsRefused(String version) throws Exception {
    release(version);
    Run run = run(Map.of("JAVA_HOME", jdk.toString()), launcher);
    assertThat(run.status).isEqualTo(1);
    assertThat(run.output).singleElement().asString().endsWith("Java 17 or newer is needed.");
  }

  @Test
  void missingJavaIsSaid() throws Exception {
    Path tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : List.of("readlink", "dirname", "sed")) {
      Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin", tool));
    }
    Run run = run(Map.of("PATH", tools.toString()), launcher);
    assertThat(run.status).isEqualTo(1);
    assertThat(run.output).singleElement().asString().startsWith("netpol: no java found.");
  }

  @Test
  void wrongJavaHomeIsSaid() throws Exception {
    Run run = run(Map.of("JAVA_HOME", folder.toString()), launcher);
    assertThat(run.status).isEqualTo(1);
    assertThat(run.output).singleElement().asString().contains("there is no bin/java in it");
  }

  private void release(String version) throws IOException {
    Files.writeString(
        jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
  }

  private record Run(int status, List<String> output) {}

  private Run run(Map<String, String> environment, Path program, String... arguments)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder("/bin/sh", program.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("NETPOL_JAVA_OPTS");
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), List.of(output.replaceFirst("\n$", "").split("\n", -1)));
  }
}
