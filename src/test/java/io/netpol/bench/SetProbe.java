package io.netpol.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Asks the kernel whether sets have members: one {@code ipset} process that reads questions from a
 * pipe, at some 30 µs each, so that nothing is started while a latency is measured.
 */
final class SetProbe implements AutoCloseable {

  /** Between two questions while waiting: what a latency is exact to. */
  private static final long POLL_NANOS = 250_000;

  private final Process process;
  private final BufferedWriter questions;
  private final BufferedReader answers;

  SetProbe(List<String> inside) throws IOException {
    process =
        new ProcessBuilder(Sandbox.words(inside, "ipset", "-")).redirectErrorStream(true).start();
    questions =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Whether the set has the member. */
  synchronized boolean has(String set, String member) throws IOException {
    questions.write("test " + set + " " + member + "\n");
    questions.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("ipset ended");
    }
    if (answer.contains(" is in set ")) {
      return true;
    } else if (answer.contains(" is NOT in set ") || answer.contains("does not exist")) {
      return false;
    }
    throw new IOException("ipset answers: " + answer);
  }

  /**
   * Waits until lines as {@code add SET MEMBER} and {@code del SET MEMBER} hold.
   *
   * @return {@link System#nanoTime()} when the last of them was found to hold
   * @throws IOException if they don't in time
   */
  long await(List<String> lines, long limitNanos) throws IOException, InterruptedException {
    long end = System.nanoTime() + limitNanos;
    for (String line : lines) {
      String[] words = line.split(" ");
      boolean wanted = words[0].equals("add");
      while (has(words[1], words[2]) != wanted) {
        if (System.nanoTime() > end) {
          throw new IOException("not in the kernel in time: " + line);
        }
        java.util.concurrent.locks.LockSupport.parkNanos(POLL_NANOS);
      }
    }
    return System.nanoTime();
  }

  @Override
  public void close() {
    process.destroy();
  }
}
