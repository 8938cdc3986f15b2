package io.netpol.route.apply;

import io.netpol.dataplane.Subprocess;
import java.io.File;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.camel.component.exec.ExecCommand;
import org.apache.camel.component.exec.ExecCommandExecutor;
import org.apache.camel.component.exec.ExecEndpoint;
import org.apache.camel.component.exec.ExecException;
import org.apache.camel.component.exec.ExecResult;

/**
 * Runs the commands of exec endpoints. A command that exceeds its timeout gets SIGTERM and, after a
 * grace period, SIGKILL, together with all processes that it started. Camel's own executor sends
 * SIGTERM only, and treats the output of a command that timed out as complete.
 *
 * <p>A run succeeds only if it ends within the timeout with an exit status that the endpoint lists,
 * after it read all input and closed all output. Everything else throws an {@link ExecException}
 * whose message tells in one line what happened, with the command's stderr. Thread-safe.
 */
public final class Commands implements ExecCommandExecutor {

  /** Stands for the exit status of a command that never started or was killed. */
  static final int NO_STATUS = -1;

  /** Longest stderr that is kept. */
  private static final int MAX_STDERR_BYTES = 64 * 1024;

  private static final int MAX_NAME = 120;

  /** Longest stderr in a message, in characters; the exception has all that is kept. */
  private static final int MAX_MESSAGE_STDERR = 1_000;

  private final ToolFailures failures;
  private final Function<String, Optional<String>> outputOfFailure;

  /**
   * Creates the executor; an agent has one.
   *
   * @param failures counts the commands that fail
   * @param outputOfFailure returns the output that a failure stands for, by its stderr, such as the
   *     listing of a table that does not exist; empty if the command only failed
   */
  public Commands(ToolFailures failures, Function<String, Optional<String>> outputOfFailure) {
    this.failures = failures;
    this.outputOfFailure = outputOfFailure;
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

  private ExecResult run(ExecCommand command) {
    Subprocess process = start(command);
    long millis = command.getTimeout();
    try {
      process.finish(millis == ExecEndpoint.NO_TIMEOUT ? null : Duration.ofMillis(millis));
    } catch (TimeoutException late) {
      throw failure(
          command, "did not finish within " + seconds(millis) + " s and was ended", process, null);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw failure(command, "was ended, because the agent stops", process, stopped);
    } catch (IOException unreadable) {
      throw failure(command, "closed its output with an error", process, unreadable.getCause());
    }
    return result(command, process);
  }

  private ExecResult result(ExecCommand command, Subprocess process) {
    int status = process.status();
    ProcessOutput stderr = new ProcessOutput(process.stderr());
    Set<Integer> good = command.getExitValues();
    if (good != null && !good.isEmpty() && !good.contains(status)) {
      Optional<String> output = outputOfFailure.apply(stderr.text());
      if (output.isPresent()) {
        byte[] bytes = output.get().getBytes(StandardCharsets.UTF_8);
        return new ExecResult(command, new ProcessOutput(List.of(bytes)), null, status);
      }
      throw new ExecException(
          name(command) + " ended with status " + status + joined(stderr),
          new ProcessOutput(process.stdout()),
          stderr,
          status);
    }
    if (!process.tookItsInput()) {
      throw failure(command, "ended before it had read all of its input", process, null);
    }
    return new ExecResult(
        command,
        new ProcessOutput(process.stdout()),
        process.stderr().isEmpty() ? null : stderr,
        status);
  }

  private static Subprocess start(ExecCommand command) {
    List<String> words = new ArrayList<>();
    words.add(command.getExecutable());
    words.addAll(command.getArgs());
    String folder = command.getWorkingDir();
    try {
      return Subprocess.start(
          words, folder == null ? null : new File(folder), command.getInput(), MAX_STDERR_BYTES);
    } catch (IOException e) {
      String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new ExecException(
          "cannot run " + command.getExecutable() + ": " + why, null, null, NO_STATUS, e);
    }
  }

  /**
   * Joins the lines of stderr to one, after a colon; empty without any. All lines, because any may
   * have the reason: the first one of iptables-nft-restore names the program only.
   */
  private static String joined(ProcessOutput stderr) {
    String lines =
        stderr
            .text()
            .lines()
            .map(line -> line.replaceAll("\\p{Cntrl}+", " ").strip())
            .filter(line -> !line.isEmpty())
            .collect(Collectors.joining("; "));
    String bounded =
        lines.length() <= MAX_MESSAGE_STDERR
            ? lines
            : lines.substring(0, MAX_MESSAGE_STDERR - 1) + "…";
    return bounded.isEmpty() ? "" : ": " + bounded;
  }

  private static ExecException failure(
      ExecCommand command, String what, Subprocess process, Throwable cause) {
    ProcessOutput stderr = new ProcessOutput(process.stderr());
    return new ExecException(
        name(command) + " " + what + joined(stderr), null, stderr, NO_STATUS, cause);
  }

  /** Formats milliseconds as seconds, without trailing zeros. */
  static String seconds(long millis) {
    return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }

  private static String name(ExecCommand command) {
    String whole = command.getExecutable() + " " + String.join(" ", command.getArgs());
    return whole.length() <= MAX_NAME ? whole.strip() : whole.substring(0, MAX_NAME - 1) + "…";
  }
}
