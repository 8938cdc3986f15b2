package io.netpol.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A network namespace of the benchmark's own, which goes away with it. */
final class Sandbox implements AutoCloseable {

  private static final AtomicInteger COUNTER = new AtomicInteger();

  private final String name =
      "npbench-%d-%d".formatted(ProcessHandle.current().pid(), COUNTER.incrementAndGet());
  private final Thread atExit = new Thread(this::delete, "remove " + name);

  private Sandbox() {}

  static Sandbox create() throws IOException {
    Sandbox sandbox = new Sandbox();
    Runtime.getRuntime().addShutdownHook(sandbox.atExit);
    run(List.of("ip", "netns", "add", sandbox.name));
    return sandbox;
  }

  /** What a command begins with to run inside. */
  List<String> inside() {
    return inside(name);
  }

  /** The same for a namespace that {@code ip netns} knows by this name. */
  static List<String> inside(String namespace) {
    return List.of("nsenter", "--net=/run/netns/" + namespace);
  }

  static void run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException("failed: " + String.join(" ", command));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The command inside the namespace. */
  static List<String> words(List<String> inside, String... command) {
    List<String> words = new ArrayList<>(inside);
    words.addAll(List.of(command));
    return words;
  }

  private void delete() {
    try {
      run(List.of("ip", "netns", "delete", name));
    } catch (IOException e) {
      System.err.println(e.getMessage());
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
      delete();
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook runs.
    }
  }
}
