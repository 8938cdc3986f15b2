package io.netpol.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures the memory of Camel with one YAML route and JMX, and with the jars and the JVM flags of
 * the agent: what no agent on Camel can be below.
 */
final class CamelAlone {

  private static final String ROUTE =
      """
      - route:
          id: tick
          from:
            uri: timer:tick
            parameters: {period: 60000}
            steps:
              - log: tick
      """;

  /** Those of {@code bin/netpol} for {@code run}. */
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xms80m",
          "-Xmx256m",
          "-Xmn24m",
          "-Xss512k",
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:ArchiveRelocationMode=0",
          "-Dcamel.main.jmxEnabled=true");

  private static final int SETTLED_SECONDS = 12;

  private CamelAlone() {}

  /** Adds a row for what is resident, and one for what of it no file backs. */
  static void measure(Path home, Results results) throws Exception {
    Path folder = Files.createTempDirectory("camel-alone");
    Path archive = folder.resolve("archive.jsa");
    Path route = Files.writeString(folder.resolve("tick.camel.yaml"), ROUTE);
    try {
      List<String> first =
          command(
              home,
              route,
              "-XX:ArchiveClassesAtExit=" + archive,
              "-Dcamel.main.durationMaxSeconds=2");
      try (MeasuredProcess making = started(first, folder)) {
        for (int i = 0; i < 600 && making.isAlive(); i++) {
          TimeUnit.MILLISECONDS.sleep(100);
        }
      }
      List<String> second = command(home, route, "-XX:SharedArchiveFile=" + archive);
      try (MeasuredProcess alone = started(second, folder)) {
        TimeUnit.SECONDS.sleep(SETTLED_SECONDS);
        results.add(
            Result.of(
                "memory-camel", "Camel alone: resident memory", "MB", alone.residentMegabytes()));
        results.add(
            Result.of(
                "memory-camel-anonymous",
                "  not backed by files",
                "MB",
                alone.anonymousMegabytes()));
      }
    } finally {
      for (Path file : List.of(archive, route, folder.resolve("log"), folder)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static MeasuredProcess started(List<String> command, Path folder) throws IOException {
    return new MeasuredProcess(command, Map.of("MALLOC_ARENA_MAX", "2"), folder.resolve("log"));
  }

  private static List<String> command(Path home, Path route, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(List.of(more));
    command.add("-Dcamel.main.routesIncludePattern=file:" + route);
    command.add("-cp");
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      command.add(
          jars.map(Path::toString)
              .filter(jar -> jar.endsWith(".jar"))
              .sorted()
              .collect(Collectors.joining(File.pathSeparator)));
    }
    command.add("org.apache.camel.main.Main");
    return command;
  }
}
