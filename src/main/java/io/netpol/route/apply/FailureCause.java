package io.netpol.route.apply;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.Transaction;
import io.netpol.route.ApplyState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.camel.component.exec.ExecException;

/**
 * Explains why an attempt failed.
 *
 * @param payload the payload that failed; null if none was delivered
 * @param tool the id of the payload's tool; null if none was run
 * @param exitStatus the tool's exit status; null if it never started or was killed
 * @param stderr what the tool printed to stderr; null if no tool was run
 * @param lineNumber the line of the payload that the tool reported, from 1; 0 if it reported none
 * @param line the text of that line; null without one, and if the line itself says nothing
 * @param error what went wrong, in one line
 * @param toolFailed whether the tool is at fault, not the payload: it is missing, hangs, waits for
 *     another program's lock, or could not read the kernel
 */
public record FailureCause(
    String payload,
    String tool,
    Integer exitStatus,
    String stderr,
    int lineNumber,
    String line,
    String error,
    boolean toolFailed) {

  private static final int MAX_CAUSES = 20;

  static FailureCause of(Dataplane dataplane, ApplyState state, Exception exception) {
    ExecException exec = execException(exception);
    String stderr = exec == null ? null : text(exec);
    boolean ended = exec != null && exec.getExitValue() != Commands.NO_STATUS;
    Optional<Transaction> failed =
        state.plan() == null
            ? Optional.empty()
            : state.plan().transactions().stream()
                .filter(transaction -> !dataplane.isConfirmed(transaction))
                .findFirst();
    String payload = failed.map(Transaction::payload).orElse(null);
    Fault fault =
        stderr == null
            ? Fault.UNKNOWN
            : failed.map(f -> dataplane.fault(f, stderr)).orElse(Fault.UNKNOWN);
    return new FailureCause(
        payload,
        failed.map(transaction -> transaction.tool().id()).orElse(null),
        ended ? exec.getExitValue() : null,
        stderr,
        fault.lineNumber(),
        fault.line(),
        message(exception, exec),
        exec != null && (!ended || payload == null || dataplane.isLockedByOthers(stderr)));
  }

  /** Returns why a failure without a policy has none. */
  String whyNoPolicy() {
    if (toolFailed || payload == null) {
      return "the kernel refused no rule: the tool failed, or a step before it";
    }
    return line == null
        ? "the tool reported no line of a rule"
        : "the line names no policy, and no rule that uses its set or chain does";
  }

  /** Returns what went wrong, in one line. */
  public static String message(Exception exception) {
    return message(exception, execException(exception));
  }

  private static String message(Exception exception, ExecException exec) {
    if (exec != null) {
      return exec.getMessage();
    }
    return exception == null
        ? "unknown"
        : exception.getClass().getSimpleName() + ": " + exception.getMessage();
  }

  /**
   * Returns the text of stderr without consuming the stream where possible: others read it, too.
   */
  private static String text(ExecException exception) {
    if (exception.getStderr() instanceof ProcessOutput output) {
      return output.text().strip();
    }
    try {
      return exception.getStderr() == null
          ? ""
          : new String(exception.getStderr().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static ExecException execException(Throwable thrown) {
    int depth = 0;
    for (Throwable t = thrown; t != null && depth < MAX_CAUSES; t = t.getCause(), depth++) {
      if (t instanceof ExecException exec) {
        return exec;
      }
    }
    return null;
  }
}
