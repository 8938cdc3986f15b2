package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import io.netpol.testing.Listening;
import io.netpol.testing.NeedsKernel;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo as a process of its own, as the launcher starts it, ended from outside. */
@Tag("agent")
class DemoProcessTest {

  @TempDir Path folder;
  private Path temporary;
  private Path output;
  private Process process;

  @BeforeEach
  void makeHome() throws IOException {
    temporary = Files.createDirectory(folder.resolve("tmp"));
    output = folder.resolve("output");
    Path home = Files.createDirectory(folder.resolve("home"));
    Path routes = Files.createDirectory(home.resolve("routes"));
    try (Stream<Path> files = Files.list(Path.of("routes"))) {
      for (Path file : files.toList()) {
        Files.copy(file, routes.resolve(file.getFileName()));
      }
    }
    Files.createSymbolicLink(home.resolve("conf"), Path.of("src/main/dist/conf").toAbsolutePath());
  }

  @AfterEach
  void kill() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  @NeedsKernel
  @ParameterizedTest
  @CsvSource({"INT,Building a network", "INT,Starting an API server", "TERM,[2/7]"})
  void nothingIsLeftWhenASignalEndsIt(String signal, String when) throws Exception {
    start(classPath(), "--once");
    await(when);
    end(signal);
  }

  @NeedsKernel
  @Test
  void policiesInTheFolderAreAppliedUntilItEnds() throws Exception {
    Path policies = Files.createDirectory(folder.resolve("policies"));
    start(classPath(), "--folder", policies.toString());
    await("Now it is your turn.");
    assertThat(printed())
        .as("nobody but the demo speaks")
        .doesNotContain("INFO", "WARN", "ERROR", "SLF4J");

    assertThat(Listening.of(process.pid())).isNotEmpty();
    assertThat(Listening.reachable(Listening.of(process.pid()))).isEmpty();
    await("The agents log to ");
    pagesAnswer();
    Matcher log = Pattern.compile("The agents log to (\\S+)").matcher(printed());
    assertThat(log.find()).isTrue();
    assertThat(Path.of(log.group(1)))
        .content()
        .contains("[n1 applier] ", "[n2 applier] ", "because of NetworkPolicy shop/web");

    Path lint = folder.resolve("home/routes/lint.camel.yaml");
    Files.writeString(lint, Files.readString(lint).replace("method: look", "method: lok"));
    Eventually.holds(
        "the edit is refused",
        () ->
            Files.readString(Path.of(log.group(1)))
                .contains("the edit of lint.camel.yaml is refused"));

    Files.writeString(policies.resolve("list.yaml"), "a: [");
    await("Not applied: list.yaml: document 1: ");
    Files.writeString(policies.resolve("typo.yaml"), policy("ops", "podSelectr: {}"));
    await("Not applied: typo.yaml: document 1: spec.podSelectr: ");
    Files.writeString(policies.resolve("where.yaml"), policy("nowhere", "podSelector: {}"));
    await("Not applied: where.yaml: there is no namespace nowhere");
    Files.writeString(policies.resolve("closed.yaml"), policy("ops", "podSelector: {}"));
    await("closed.yaml: NetworkPolicy ops/mine created");
    await(9, "All 64 cells are as expected");
    Files.writeString(
        policies.resolve("closed.yaml"), policy("ops", "ingress: [{}]\n  podSelector: {}"));
    await("closed.yaml: NetworkPolicy ops/mine changed");
    await(10, "All 64 cells are as expected");
    end("INT");
    assertThat(policies.resolve("closed.yaml")).exists();
  }

  @Test
  void distributionWithoutTheJarsOfTheDemoSaysSo() throws Exception {
    Path classes =
        Path.of(Netpol.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path kept = folder.resolve("classes");
    copyWithoutTheLab(classes, kept);
    String without =
        Stream.of(classPath().split(File.pathSeparator))
            .filter(path -> !path.matches(".*(kubernetes-server-mock|mockwebserver|jna)-[^/]*"))
            .map(path -> Path.of(path).equals(classes) ? kept.toString() : path)
            .collect(Collectors.joining(File.pathSeparator));
    start(without, "--once");
    assertThat(process.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(printed())
        .isEqualToIgnoringNewLines("netpol: this distribution has no demo (no jars in lib/demo).");
  }

  private static void copyWithoutTheLab(Path classes, Path copy) throws IOException {
    try (Stream<Path> all = Files.walk(classes)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = classes.relativize(file).toString();
        if (!name.startsWith("io/netpol/lab/") && !name.endsWith(DemoProgram.class.getName())) {
          Path to = copy.resolve(name);
          Files.createDirectories(to.getParent());
          Files.copy(file, to);
        }
      }
    }
  }

  /** Asks at every address that it printed, as a browser would. */
  private void pagesAnswer() throws Exception {
    Map<String, String> texts =
        Map.of("console", "shop/web", "matrix", "<!doctype html>", "metrics", "# TYPE netpol_");
    Matcher pages = Pattern.compile("(\\S+) +(http://127.0.0.1:\\S+)").matcher(printed());
    int found = 0;
    while (pages.find()) {
      HttpResponse<String> page =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .build()
              .send(
                  HttpRequest.newBuilder(URI.create(pages.group(2))).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).as(pages.group()).isEqualTo(200);
      assertThat(page.body()).as(pages.group()).containsIgnoringCase(texts.get(pages.group(1)));
      if (pages.group(1).equals("matrix")) {
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
      }
      found++;
    }
    assertThat(found).as("three pages of each of two agents").isEqualTo(6);
  }

  private void end(String signal) throws Exception {
    List<ProcessHandle> children = process.descendants().toList();
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
    assertThat(printed()).endsWith("Ending: removing the agents and the network ...\n");
    Process list = new ProcessBuilder("ip", "netns", "list").start();
    assertThat(
            new String(
                list.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .doesNotContain("np%x-".formatted(process.pid()));
    for (ProcessHandle child : children) {
      child.onExit().get(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS);
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).isEmpty();
    }
  }

  private void start(String classPath, String... arguments) throws IOException {
    // What a shell starts in the background, or nohup, ignores some signals, and so do its
    // children.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,HUP,TERM"));
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    Path home = folder.resolve("home");
    command.add("-Djava.io.tmpdir=" + temporary);
    command.add("-Dnetpol.home=" + home);
    command.add("-Dlog4j2.configurationFile=" + home.resolve("conf/log4j2.properties"));
    command.add("-Djava.util.logging.config.file=" + home.resolve("conf/logging.properties"));
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:-UsePerfData"));
    command.addAll(List.of("-cp", classPath, "io.netpol.cli.Netpol", "demo"));
    command.addAll(List.of(arguments));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
  }

  private void await(String text) throws Exception {
    await(1, text);
  }

  private void await(int times, String text) throws Exception {
    Eventually.holds(
        text,
        () -> {
          assertThat(process.isAlive()).as("alive; printed: %s", printed()).isTrue();
          return printed().split(Pattern.quote(text), -1).length > times;
        });
  }

  private String printed() throws IOException {
    return Files.readString(output);
  }

  private static String policy(String namespace, String spec) {
    return """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: mine, namespace: %s}
        spec:
          %s
        """
        .formatted(namespace, spec);
  }

  /** What the tests run with; Maven hides it behind a jar with a manifest. */
  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
