package io.netpol.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Hears from the kernel (nf_tables) of each transaction, after it was committed: no polling, and
 * nothing that the agent or a tool says of itself. {@code nft monitor} reads with a large buffer,
 * which a transaction with tens of thousands of rules does not fill, as it does that of {@code
 * xtables-monitor}; rules are in the words of nft.
 */
final class ChainWatch implements AutoCloseable {

  private record Awaited(Predicate<String> rule, CompletableFuture<Long> committed) {}

  /** Of twice as long each: a minute in all. */
  private static final int MOST_TRIES = 11;

  private final Process process;
  private final List<Awaited> awaited = new ArrayList<>();
  private final List<Awaited> seen = new ArrayList<>();

  private boolean hears;

  ChainWatch(List<String> inside) throws IOException, InterruptedException {
    // Line by line: it would otherwise keep some kilobytes before it writes.
    process =
        new ProcessBuilder(Sandbox.words(inside, "stdbuf", "-oL", "nft", "monitor"))
            .redirectErrorStream(true)
            .start();
    Thread reader = new Thread(this::read, "chain watch");
    reader.setDaemon(true);
    reader.start();
    awaitHearing(inside);
  }

  /**
   * What is committed before it listens it never hears of: makes a chain until it does. It first
   * reads all rules, and begins again when they change meanwhile, so it gets more and more time.
   */
  private void awaitHearing(List<String> inside) throws IOException, InterruptedException {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
      for (String option : List.of("-N", "-X")) {
        new ProcessBuilder(Sandbox.words(inside, "iptables-nft", "-w", option, "BENCH-HEARD"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      }
      synchronized (this) {
        if (!hears) {
          wait(50L << tries);
        }
        if (hears) {
          return;
        }
      }
    }
    throw new IOException("nft monitor hears nothing");
  }

  /** When a transaction that adds a rule with this text was committed, by {@code nanoTime}. */
  CompletableFuture<Long> committed(Pattern text) {
    return committed(text.asPredicate());
  }

  /** The same for a condition, which is asked of each added rule until it holds. */
  synchronized CompletableFuture<Long> committed(Predicate<String> rule) {
    Awaited next = new Awaited(rule, new CompletableFuture<>());
    awaited.add(next);
    return next.committed();
  }

  static long await(CompletableFuture<Long> time, long limitNanos) throws Exception {
    return time.get(limitNanos, TimeUnit.NANOSECONDS);
  }

  private void read() {
    String last = "";
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; last = line) {
        take(line, System.nanoTime());
      }
      ended("nft monitor ended: " + last);
    } catch (IOException e) {
      ended("cannot read nft monitor: " + e.getMessage());
    }
  }

  private synchronized void ended(String why) {
    awaited.forEach(each -> each.committed().completeExceptionally(new IOException(why)));
  }

  private synchronized void take(String line, long now) {
    if (line.startsWith("# new generation")) {
      hears = true;
      notifyAll();
      seen.forEach(each -> each.committed().complete(now));
      seen.clear();
    } else if (line.startsWith("add rule ")) {
      awaited.removeIf(each -> each.rule().test(line) && seen.add(each));
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
