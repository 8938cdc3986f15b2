package io.netpol.lab;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Closes what the demo has opened, in the opposite order: by {@link #close}, or by the JVM when a
 * signal ends it.
 */
final class DemoResources implements AutoCloseable {
  private final PrintWriter console;
  private final Deque<AutoCloseable> made = new ArrayDeque<>();
  private final AtomicBoolean ending = new AtomicBoolean();
  private final Thread atExit = new Thread(this::endBySignal, "remove demo");

  DemoResources(PrintWriter console) {
    this.console = console;
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Returns the console for those who are not to be heard any more once a signal ends the demo. */
  PrintWriter out() {
    return new PrintWriter(
        new FilterWriter(console) {
          @Override
          public void write(int c) {
            write(String.valueOf((char) c), 0, 1);
          }

          @Override
          public void write(char[] text, int from, int length) {
            write(new String(text, from, length), 0, length);
          }

          @Override
          public void write(String text, int from, int length) {
            if (!isEnding()) {
              console.write(text, from, length);
            }
          }
        });
  }

  /** Returns whether a signal is ending the demo: what fails now fails because of that. */
  boolean isEnding() {
    return ending.get() || isJvmEnding();
  }

  /**
   * Returns the JVM starts the threads of all libraries beside ours, and they end what the demo
   * needs.
   */
  private static boolean isJvmEnding() {
    try {
      Runtime.getRuntime().removeShutdownHook(new Thread());
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** Remembers to close something, at once if the demo is ending. */
  <T extends AutoCloseable> T keep(T one) throws Exception {
    synchronized (made) {
      if (!isEnding()) {
        made.push(one);
        return one;
      }
    }
    one.close();
    throw new IllegalStateException("the demo is ending");
  }

  /** Returns a new folder that goes away at the end with all that is in it. */
  Path temporaryFolder() throws Exception {
    Path folder = Files.createTempDirectory("netpol-demo-");
    keep(() -> delete(folder));
    return folder;
  }

  @Override
  public void close() throws Exception {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // a signal came first, and its thread does it
    }
    removeAll();
  }

  private void endBySignal() {
    ending.set(true);
    console.println("\nEnding: removing the agents and the network ...");
    console.flush();
    try {
      removeAll();
    } catch (Exception e) {
      console.println("netpol: " + e);
      console.flush();
    }
  }

  private void removeAll() throws Exception {
    Exception first = null;
    for (AutoCloseable one = next(); one != null; one = next()) {
      try {
        one.close();
      } catch (Exception e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  private AutoCloseable next() {
    synchronized (made) {
      return made.poll();
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(folder)) {
      paths = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
