package io.netpol.route;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.Transaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.camel.component.exec.ExecException;

/**
 * Why an apply failed, as far as the tool said.
 *
 * @param payload what the tool was given; null where it did not come to that
 * @param tool the tool of the payload; null likewise
 * @param exitStatus null where no tool ran to its end
 * @param stderr null where no tool was run
 * @param lineNumber the line of the payload that the tool named, from 1; 0 where it named none
 * @param line the text of that line; null likewise, and where it says nothing itself
 * @param error in one line
 * @param ofTheTool whether the tool itself is at fault, and no payload: it is missing, or hung, or
 *     waits for somebody else's lock, or could not read the kernel
 */
public record FailureCause(
    String payload,
    String tool,
    Integer exitStatus,
    String stderr,
    int lineNumber,
    String line,
    String error,
    boolean ofTheTool) {

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

  /** What went wrong, in one line. */
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

  /** Looked at more than once, so the stream is not read where what is in it is known. */
  private static String text(ExecException exception) {
    if (exception.getStderr() instanceof ProcessOutput printed) {
      return printed.text().strip();
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
