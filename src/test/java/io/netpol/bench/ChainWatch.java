package io.netpol.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Hears from the kernel (nf_tables) of each transaction, after it was committed: no polling, and
 * nothing that the agent or a tool says of itself.
 */
final class ChainWatch implements AutoCloseable {

  private record Awaited(Pattern text, CompletableFuture<Long> committed) {}

  private final Process process;
  private final List<Awaited> awaited = new ArrayList<>();
  private final List<Awaited> seen = new ArrayList<>();

  private boolean hears;

  ChainWatch(List<String> inside) throws IOException, InterruptedException {
    // Line by line: it would otherwise keep some kilobytes before it writes.
    process =
        new ProcessBuilder(Sandbox.words(inside, "stdbuf", "-oL", "xtables-monitor", "-e"))
            .redirectErrorStream(true)
            .start();
    Thread reader = new Thread(this::read, "chain watch");
    reader.setDaemon(true);
    reader.start();
    awaitHearing(inside);
  }

  /** What is committed before it listens it never hears of: makes a chain until it does. */
  private void awaitHearing(List<String> inside) throws IOException, InterruptedException {
    for (int tries = 0; tries < 100; tries++) {
      for (String option : List.of("-N", "-X")) {
        new ProcessBuilder(Sandbox.words(inside, "iptables-nft", "-w", option, "BENCH-HEARD"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      }
      synchronized (this) {
        if (!hears) {
          wait(50);
        }
        if (hears) {
          return;
        }
      }
    }
    throw new IOException("xtables-monitor hears nothing");
  }

  /** When a transaction that adds a rule with this text was committed, by {@code nanoTime}. */
  synchronized CompletableFuture<Long> committed(Pattern text) {
    Awaited next = new Awaited(text, new CompletableFuture<>());
    awaited.add(next);
    return next.committed();
  }

  static long await(CompletableFuture<Long> time, long limitNanos) throws Exception {
    return time.get(limitNanos, TimeUnit.NANOSECONDS);
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        take(line, System.nanoTime());
      }
    } catch (IOException e) {
      System.err.println("chain watch: " + e);
    }
  }

  private synchronized void take(String line, long now) {
    if (line.contains("NEWGEN")) {
      hears = true;
      notifyAll();
      seen.forEach(each -> each.committed().complete(now));
      seen.clear();
    } else if (line.contains(" -A ")) {
      awaited.removeIf(each -> each.text().matcher(line).find() && seen.add(each));
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
