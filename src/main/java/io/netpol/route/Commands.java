package io.netpol.route;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.component.exec.ExecCommand;
import org.apache.camel.component.exec.ExecCommandExecutor;
import org.apache.camel.component.exec.ExecEndpoint;
import org.apache.camel.component.exec.ExecException;
import org.apache.camel.component.exec.ExecResult;

/**
 * Runs the commands of exec endpoints, and ends each when its time is up: by SIGTERM, after a grace
 * by SIGKILL, with all processes that it started. Camel's own executor sends SIGTERM only, and
 * takes what a command printed until then for good.
 *
 * <p>Only an exit status that the endpoint lists, within the time, after all input was read and all
 * output was closed, is a success. Everything else is an {@link ExecException} that says what
 * happened in one line and has what the command wrote to stderr.
 */
public final class Commands implements ExecCommandExecutor {

  /** The exit status of a command that has none of its own: never started, or killed. */
  static final int NO_STATUS = -1;

  /** Between SIGTERM and SIGKILL: iptables needs no longer to let its lock go. */
  private static final Duration GRACE = Duration.ofMillis(500);

  /** A killed process is gone at once, unless the kernel itself holds it. */
  private static final Duration REAPED = Duration.ofSeconds(5);

  /** Of what a tool complains of, more than this helps nobody. */
  private static final int MAX_STDERR_BYTES = 64 * 1024;

  private static final int MAX_NAME = 120;

  /** Of what a tool complains of, so much is in the message; all is in the exception. */
  private static final int MAX_SAID = 1_000;

  private final ToolFailures failures;

  /**
   * One for each agent.
   *
   * @param failures told of each command that failed
   */
  public Commands(ToolFailures failures) {
    this.failures = failures;
  }

  @Override
  public ExecResult execute(ExecCommand command) throws ExecException {
    try {
      return run(command);
    } catch (ExecException e) {
      failures.add(command);
      throw e;
    }
  }

  private static ExecResult run(ExecCommand command) {
    Process process = start(command);
    Output stdout = Output.of(process.getInputStream(), Integer.MAX_VALUE);
    Output stderr = Output.of(process.getErrorStream(), MAX_STDERR_BYTES);
    CompletableFuture<Void> stdin = writing(command.getInput(), process.getOutputStream());
    long millis = command.getTimeout() == ExecEndpoint.NO_TIMEOUT ? -1 : command.getTimeout();
    try {
      CompletableFuture<Void> ended =
          CompletableFuture.allOf(
              process.onExit(), stdout.end(), stderr.end(), stdin.exceptionally(e -> null));
      if (millis < 0) {
        ended.get();
      } else {
        ended.get(millis, TimeUnit.MILLISECONDS);
      }
    } catch (TimeoutException late) {
      kill(process);
      throw failure(
          command, "did not finish within " + seconds(millis) + " s and was ended", stderr, null);
    } catch (InterruptedException stopped) {
      kill(process);
      Thread.currentThread().interrupt();
      throw failure(command, "was ended, because the agent stops", stderr, stopped);
    } catch (ExecutionException unreadable) {
      kill(process);
      throw failure(command, "could not be listened to", stderr, unreadable.getCause());
    }
    return result(command, process.exitValue(), stdin, stdout, stderr);
  }

  private static ExecResult result(
      ExecCommand command,
      int status,
      CompletableFuture<Void> stdin,
      Output stdout,
      Output stderr) {
    Set<Integer> good = command.getExitValues();
    if (good != null && !good.isEmpty() && !good.contains(status)) {
      throw new ExecException(
          name(command) + " ended with status " + status + stderr.said(),
          stdout.soFar(),
          stderr.soFar(),
          status);
    }
    if (stdin.isCompletedExceptionally()) {
      throw failure(command, "ended before it had read all of its input", stderr, null);
    }
    return new ExecResult(
        command, stdout.soFar(), stderr.isEmpty() ? null : stderr.soFar(), status);
  }

  private static Process start(ExecCommand command) {
    List<String> words = new ArrayList<>();
    words.add(command.getExecutable());
    words.addAll(command.getArgs());
    ProcessBuilder builder = new ProcessBuilder(words);
    if (command.getWorkingDir() != null) {
      builder.directory(new File(command.getWorkingDir()));
    }
    try {
      return builder.start();
    } catch (IOException e) {
      String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new ExecException(
          "cannot run " + command.getExecutable() + ": " + why, null, null, NO_STATUS, e);
    }
  }

  /**
   * What a process prints.
   *
   * @param pieces what was read until now
   * @param end of the stream; a failure where it could not be read
   */
  private record Output(List<byte[]> pieces, CompletableFuture<Void> end) {

    static Output of(InputStream from, int atMost) {
      List<byte[]> pieces = Collections.synchronizedList(new ArrayList<>());
      return new Output(pieces, inBackground(() -> read(from, atMost, pieces)));
    }

    private static Void read(InputStream from, int atMost, List<byte[]> pieces) throws IOException {
      try (from) {
        int left = atMost;
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

    boolean isEmpty() {
      return pieces.isEmpty();
    }

    Printed soFar() {
      return new Printed(List.copyOf(pieces));
    }

    /**
     * All its lines in one, after a colon; nothing where there are none. The reason may stand in
     * any: the first of iptables-nft-restore names the program only.
     */
    String said() {
      String lines =
          soFar()
              .text()
              .lines()
              .map(line -> line.replaceAll("\\p{Cntrl}+", " ").strip())
              .filter(line -> !line.isEmpty())
              .collect(Collectors.joining("; "));
      String bounded = lines.length() <= MAX_SAID ? lines : lines.substring(0, MAX_SAID - 1) + "…";
      return bounded.isEmpty() ? "" : ": " + bounded;
    }
  }

  private static CompletableFuture<Void> writing(InputStream from, OutputStream to) {
    return inBackground(
        () -> {
          try (to) {
            if (from != null) {
              WholeLines.copy(from, to);
            }
            return null;
          }
        });
  }

  /** A thread of its own: what a process holds open, it may hold for ever. */
  private static <T> CompletableFuture<T> inBackground(java.util.concurrent.Callable<T> work) {
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
  private static void kill(Process process) {
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
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static ExecException failure(
      ExecCommand command, String what, Output stderr, Throwable cause) {
    try {
      stderr.end().get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // Something still holds it open: what it has said is told all the same.
    }
    return new ExecException(
        name(command) + " " + what + stderr.said(), null, stderr.soFar(), NO_STATUS, cause);
  }

  /** Whole seconds without a fraction. */
  static String seconds(long millis) {
    return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }

  private static String name(ExecCommand command) {
    String whole = command.getExecutable() + " " + String.join(" ", command.getArgs());
    return whole.length() <= MAX_NAME ? whole.strip() : whole.substring(0, MAX_NAME - 1) + "…";
  }
}
