package io.netpol.dist;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    Files.createDirectories(home.resolve("lib/ext"));
    for (String jar : List.of("lib/a.jar", "lib/demo/c.jar", "lib/ext/A.jar", "lib/B.jar")) {
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
            "-cp", classPath("B.jar", "a.jar", "ext/A.jar"), "io.netpol.cli.Netpol")
        .endsWith("io.netpol.cli.Netpol", "render", "--manifests", "my dir", "");
  }

  /** An archive of classes holds for each command: their class paths start alike. */
  @ParameterizedTest
  @ValueSource(strings = {"run", "rehearse", "explain", "demo", "--version"})
  void onlyTheDemoLoadsTheJarsOfTheDemo(String command) throws Exception {
    assertThat(run(Map.of("JAVA_HOME", jdk.toString()), launcher, command).output)
        .containsSubsequence(
            "-cp",
            command.equals("demo")
                ? classPath("B.jar", "a.jar", "ext/A.jar", "demo/c.jar")
                : classPath("B.jar", "a.jar", "ext/A.jar"),
            "io.netpol.cli.Netpol");
  }

  private String classPath(String... jars) {
    return Stream.of(jars).map(jar -> home + "/lib/" + jar).collect(Collectors.joining(":"));
  }

  @Test
  void anArchiveIsUsedWhereItIs() throws Exception {
    Map<String, String> environment = Map.of("JAVA_HOME", jdk.toString());
    assertThat(String.join("\n", run(environment, launcher, "run").output))
        .doesNotContain("SharedArchiveFile");
    Path archive = Files.createFile(home.resolve("lib/netpol.jsa"));
    assertThat(run(environment, launcher, "run").output)
        .containsSubsequence(
            "-Xshare:auto",
            "-XX:ArchiveRelocationMode=0",
            "-XX:SharedArchiveFile=" + archive,
            "-cp");
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
  @NeedsKernel
  @CsvSource({"run,256m", "demo,1024m", "render,1024m", "--version,1024m"})
  void onlyTheAgentMustDoWithASmallHeap(String command, String heap) throws Exception {
    List<String> output = underGroups("", command).output;
    assertThat(output).contains("-Xmx" + heap);
    assertThat(output.contains("-XX:+ExitOnOutOfMemoryError"))
        .as("the agent ends; a command says that it has too little memory")
        .isEqualTo(command.equals("run"));
  }

  /** A container of the deployment's size whose agent takes what it took, and groups over it. */
  @ParameterizedTest
  @NeedsKernel
  @CsvSource(
      delimiter = '|',
      value = {
        "v2: agent as measured     | max=604000256 current=230686720 idle=0         | -Xmx244m",
        "v2: files are taken back  | max=604000256 current=440401920 idle=209715200 | -Xmx244m",
        "v2: agent at its worst    | max=604000256 current=404750336 idle=0         | -Xmx78m",
        "v2: just enough           | max=469762048 current=318767104 idle=0         | -Xmx32m",
        "v2: no limit              | max=max       current=318767104 idle=0         | -Xmx1024m",
        "v2: plenty                | max=8589934592 current=1048576  idle=0         | -Xmx1024m",
        "v1: agent as measured     | max=604000256 current=230686720 idle=0         | -Xmx244m",
        "v1: files are taken back  | max=604000256 current=440401920 idle=209715200 | -Xmx244m",
        "v1: no limit              | max=9223372036854771712 current=1 idle=0       | -Xmx1024m",
      })
  void commandAndAgentFitIntoTheContainer(String what, String group, String heap) throws Exception {
    assertThat(underGroups(what.substring(0, 2) + " " + group, "explain").output)
        .as(what)
        .contains(heap);
    assertThat(underGroups(what.substring(0, 2) + " " + group, "run").output)
        .as("the agent is as large as ever")
        .contains("-Xmx256m");
  }

  @Test
  @NeedsKernel
  void whereNoCommandFitsNoneIsStarted() throws Exception {
    String group = "v2 max=469762048 current=320000000 idle=0";
    Run run = underGroups(group, "explain");
    assertThat(run.status).as("1 would say that the connection is denied").isEqualTo(2);
    assertThat(run.output)
        .singleElement()
        .asString()
        .startsWith("netpol: the memory limit here leaves 142 MB, and a command needs 144 MB.");
    String own = "NETPOL_JAVA_OPTS=-Xmx40m " + group;
    assertThat(underGroups(own, "explain").output).contains("-Xmx40m");
  }

  /** Runs the launcher where control groups are these; empty is none. */
  private Run underGroups(String group, String command) throws Exception {
    Path groups = Files.createTempDirectory(folder, "groups");
    Map<String, String> environment = new HashMap<>(Map.of("JAVA_HOME", jdk.toString()));
    Map<String, String> values = new HashMap<>();
    for (String word : group.strip().split(" +")) {
      String[] parts = word.split("=", 2);
      values.put(parts[0], parts.length == 2 ? parts[1] : "");
    }
    if (values.containsKey("NETPOL_JAVA_OPTS")) {
      environment.put("NETPOL_JAVA_OPTS", values.get("NETPOL_JAVA_OPTS"));
    }
    boolean second = values.containsKey("v2");
    if (!group.isEmpty()) {
      Path at = second ? groups : Files.createDirectory(groups.resolve("memory"));
      file(at, second ? "memory.max" : "memory.limit_in_bytes", values.get("max"));
      file(at, second ? "memory.current" : "memory.usage_in_bytes", values.get("current"));
      String idle = (second ? "" : "total_") + "inactive_file " + values.get("idle");
      file(at, "memory.stat", "anon 1\n" + idle + "\nactive_file 7");
    }
    Path own = folder.resolve("cgroup");
    Files.writeString(
        own, second ? "0::/kubepods/pod1/c1\n" : "4:memory:/kubepods/pod1/c1\n2:cpu:/\n0::/\n");
    Path script = folder.resolve("under-groups");
    Files.writeString(
        script,
        String.join(
            "\n",
            "mount --bind '" + groups + "' /sys/fs/cgroup",
            // The shell that runs the launcher is this one: exec keeps its number.
            "mount --bind '" + own + "' /proc/$$/cgroup",
            "exec /bin/sh \"$@\""));
    ProcessBuilder builder = new ProcessBuilder("unshare", "-m", "sh", "-e", script.toString());
    builder.command().addAll(List.of(launcher.toString(), command));
    return finished(builder, environment);
  }

  private static void file(Path folder, String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text + "\n");
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
    return finished(builder, environment);
  }

  private static Run finished(ProcessBuilder builder, Map<String, String> environment)
      throws Exception {
    builder.environment().remove("JAVA_HOME");
    builder.environment().remove("NETPOL_JAVA_OPTS");
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), List.of(output.replaceFirst("\n$", "").split("\n", -1)));
  }
}
