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
 * Runs a program, and ends it when its time is up: by SIGTERM, after a grace by SIGKILL, with all
 * processes that it started. Threads of its own write its input and read its output, so no full
 * pipe holds anybody up.
 */
public final class Subprocess {

  /** Between SIGTERM and SIGKILL: iptables needs no longer to let its lock go. */
  private static final Duration GRACE = Duration.ofMillis(500);

  /** A killed process is gone at once, unless the kernel itself holds it. */
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
   * @param folder where it runs; null for the folder of this process
   * @param stdin its input; null for none
   * @param mostStderr the bytes that are kept of what it complains of
   * @throws IOException where it cannot be started
   */
  public static Subprocess start(
      List<String> command, File folder, InputStream stdin, int mostStderr) throws IOException {
    return new Subprocess(new ProcessBuilder(command).directory(folder).start(), stdin, mostStderr);
  }

  /**
   * Waits until the program has ended, takes no more input, and nobody holds its output open; else
   * ends it.
   *
   * @param limit null for none
   * @throws TimeoutException where its time was up
   * @throws IOException where its output cannot be read
   */
  public void finish(Duration limit) throws IOException, InterruptedException, TimeoutException {
    await(
        CompletableFuture.allOf(
            process.onExit(), stdout.end(), stderr.end(), stdin.exceptionally(e -> null)),
        limit);
  }

  /**
   * Waits until the program has ended, whatever it started goes on and holds its output open; else
   * ends it.
   *
   * @throws TimeoutException where its time was up
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

  /** Returns whether the program that has ended took all of its input. */
  public boolean tookItsInput() {
    return !stdin.isCompletedExceptionally();
  }

  /** Returns what it printed until now, in the pieces in which it came. */
  public List<byte[]> stdout() {
    return List.copyOf(stdout.pieces());
  }

  /** Returns what it complained of until now, in the pieces in which it came. */
  public List<byte[]> stderr() {
    return List.copyOf(stderr.pieces());
  }

  /**
   * What a process prints.
   *
   * @param pieces what was read until now
   * @param end of the stream; a failure where it could not be read
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

    /** Waits a moment for the end of what a process printed that is gone. */
    void settle() {
      try {
        end.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        // Something still holds it open: what was printed until now counts all the same.
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

  /** Returns a thread of its own: what a process holds open, it may hold for ever. */
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

  /** Ends the process and all that it started; returns when it is gone. */
  private void kill() {
    boolean interrupted = Thread.interrupted();
    // What it started may outlive it and is then found no more, so it is looked for first.
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
