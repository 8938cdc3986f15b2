package io.netpol.cli;

import io.netpol.route.settings.Setting;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An agent in a process of its own, which can be killed. */
final class AgentProcess {

  private static final int TAIL = 5_000;

  private final Path folder;
  private final Map<Setting, String> settings;
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> jars = new ArrayList<>();
  private Process process;

  /**
   * An agent that is not started.
   *
   * @param folder for what it prints; its home too, with {@code conf/netpol.properties} if any
   */
  AgentProcess(Path folder, Map<Setting, String> settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /** Sets a variable that is none of the agent's settings. */
  AgentProcess with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** Adds a jar to the class path, as {@code lib/ext} does. */
  AgentProcess with(Path jar) {
    jars.add(jar.toString());
    return this;
  }

  /** Starts the agent, and returns at once. */
  void start() throws IOException {
    start(List.of());
  }

  /** The same with more options for the JVM. */
  void start(List<String> options) throws IOException {
    List<String> command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    Path conf = Path.of("src/main/dist/conf").toAbsolutePath();
    command.add("-Dlog4j2.configurationFile=" + conf.resolve("log4j2.properties"));
    command.add("-Djava.util.logging.config.file=" + conf.resolve("logging.properties"));
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms32m", "-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.add("-XX:+ExitOnOutOfMemoryError"); // as the launcher has it
    command.addAll(options);
    command.add("-Dnetpol.home=" + folder);
    List<String> classPath = new ArrayList<>(List.of(DemoProcessTest.classPath()));
    classPath.addAll(jars);
    command.addAll(List.of("-XX:-UsePerfData", "-cp", String.join(File.pathSeparator, classPath)));
    command.addAll(List.of("io.netpol.cli.Netpol", "run"));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    settings.forEach((setting, value) -> builder.environment().put(setting.variable(), value));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** The process; it was started before. */
  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** The exit status, when it has ended by itself. */
  int await() throws InterruptedException {
    return process.waitFor();
  }

  /** Ends the process as the kernel does when memory runs out; what it started lives on. */
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** Asks it to end, by SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** The end of what all agents so far printed. */
  String printed() throws IOException {
    String all = Files.exists(log()) ? Files.readString(log()) : "";
    return all.substring(Math.max(0, all.length() - TAIL));
  }

  private Path log() {
    return folder.resolve("agent.log");
  }
}
