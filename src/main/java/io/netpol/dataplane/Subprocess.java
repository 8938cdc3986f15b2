package io.netpol.dataplane;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Runs a program with a time limit: after it, SIGTERM and then SIGKILL end the program and all
 * processes that it started. Separate threads write its input and read its output, so that a full
 * pipe blocks nobody.
 */
public final class Subprocess {

  /** The time between SIGTERM and SIGKILL, enough for iptables to release its lock. */
  private static final Duration GRACE = Duration.ofMillis(500);

  /** The time to wait for a killed process, which ends at once unless it is stuck in the kernel. */
  private static final Duration REAPED = Duration.ofSeconds(5);

  private final Process process;
  private final Output stdout;
  private final Output stderr;
  private final CompletableFuture<Void> stdin;

  private Subprocess(Process process, InputStream input, int mostStderr) {
    this.process = process;
    this.stdout = Output.of(process.getInputStream(), Integer.MAX_VALUE);
    this.stderr = Output.of(process.getErrorStream(), mostStderr);
    this.stdin = inBackground(() -> write(input, process.getOutputStream()));
  }

  /**
   * Starts a program.
   *
   * @param folder its working directory; null for that of this process
   * @param stdin its input; null for none
   * @param mostStderr the number of bytes of stderr that are kept
   * @throws IOException if it cannot be started
   */
  public static Subprocess start(
      List<String> command, File folder, InputStream stdin, int mostStderr) throws IOException {
    return new Subprocess(new ProcessBuilder(command).directory(folder).start(), stdin, mostStderr);
  }

  /**
   * Waits until the program has ended, its input is closed, and its output is at its end; kills it
   * on timeout.
   *
   * @param limit null for none
   * @throws TimeoutException if the limit has passed
   * @throws IOException if its output cannot be read
   */
  public void finish(Duration limit) throws IOException, InterruptedException, TimeoutException {
    await(
        CompletableFuture.allOf(
            process.onExit(), stdout.end(), stderr.end(), stdin.exceptionally(e -> null)),
        limit);
  }

  /**
   * Waits until the program has ended, even if its children keep its output open; kills it on
   * timeout.
   *
   * @throws TimeoutException if the limit has passed
   */
  public void exit(Duration limit) throws IOException, InterruptedException, TimeoutException {
    await(process.onExit(), limit);
    stdout.settle();
    stderr.settle();
  }

  private void await(CompletableFuture<?> done, Duration limit)
      throws IOException, InterruptedException, TimeoutException {
    try {
      if (limit == null) {
        done.get();
      } else {
        done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (TimeoutException | InterruptedException e) {
      kill();
      throw e;
    } catch (ExecutionException e) {
      kill();
      throw new IOException(e.getCause());
    }
  }

  /** Returns the exit status of a program that has ended. */
  public int status() {
    return process.exitValue();
  }

  /** Returns whether the program read all of its input before it ended. */
  public boolean tookItsInput() {
    return !stdin.isCompletedExceptionally();
  }

  /** Returns the output so far, in chunks as they were read. */
  public List<byte[]> stdout() {
    return List.copyOf(stdout.pieces());
  }

  /** Returns the standard error output so far, in chunks as they were read. */
  public List<byte[]> stderr() {
    return List.copyOf(stderr.pieces());
  }

  /**
   * Collects the output of a process.
   *
   * @param pieces the chunks that were read so far
   * @param end completes at the end of the stream, exceptionally if it cannot be read
   */
  private record Output(List<byte[]> pieces, CompletableFuture<Void> end) {

    static Output of(InputStream from, int most) {
      List<byte[]> pieces = Collections.synchronizedList(new ArrayList<>());
      return new Output(pieces, inBackground(() -> read(from, most, pieces)));
    }

    private static Void read(InputStream from, int most, List<byte[]> pieces) throws IOException {
      try (from) {
        int left = most;
        byte[] buffer = new byte[16 * 1024];
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
          int kept = Math.min(n, left);
          if (kept > 0) {
            pieces.add(Arrays.copyOf(buffer, kept));
            left -= kept;
          }
        }
        return null;
      }
    }

    /** Waits briefly for the end of the output of a process that has ended. */
    void settle() {
      try {
        end.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // A child keeps it open: the output so far counts.
      }
    }
  }

  private static Void write(InputStream from, OutputStream to) throws IOException {
    try (to) {
      if (from != null) {
        LineBufferedWriter.copy(from, to);
      }
      return null;
    }
  }

  /** Runs work in a thread of its own, because a read from a process may block for ever. */
  private static <T> CompletableFuture<T> inBackground(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(work.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            },
            "command");
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  /** Kills the process and its descendants, and returns when it has ended. */
  private void kill() {
    boolean interrupted = Thread.interrupted();
    // Children may outlive it and cannot be found afterwards, so they are collected first.
    Set<ProcessHandle> family = new LinkedHashSet<>();
    family.add(process.toHandle());
    process.descendants().forEach(family::add);
    process.destroy();
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    family.stream()
        .flatMap(member -> Stream.concat(Stream.of(member), member.descendants()))
        .toList()
        .forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(REAPED.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    stderr.settle();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
