package io.netpol.route;

import io.netpol.dataplane.Transaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.component.exec.ExecException;

/**
 * Why an apply failed, as far as the tool said.
 *
 * @param payload what the tool was given; null where it did not come to that
 * @param tool the tool of the payload; null likewise
 * @param exitStatus null where no tool ran to its end
 * @param stderr null where no tool was run
 * @param lineNumber the line of the payload that the tool named, from 1; 0 where it named none
 * @param line the text of that line; null likewise
 * @param error in one line
 * @param ofTheTool whether the tool itself is at fault, and no payload: it is missing, or hung, or
 *     waits for somebody else's lock, or could not read the kernel
 */
public record Refusal(
    String payload,
    String tool,
    Integer exitStatus,
    String stderr,
    int lineNumber,
    String line,
    String error,
    boolean ofTheTool) {

  /** As in "line 5: RULE_APPEND failed", "Error occurred at line: 5" and ipset's "in line 5:". */
  private static final Pattern LINE = Pattern.compile("line:? (\\d{1,9})");

  /** What iptables says when others held its lock for as long as it was told to wait. */
  private static final String LOCKED = "xtables lock";

  private static final int MAX_CAUSES = 20;

  static Refusal of(Apply.Running running, Exception exception) {
    ExecException exec = execException(exception);
    String stderr = exec == null ? null : text(exec);
    boolean ended = exec != null && exec.getExitValue() != Commands.NO_STATUS;
    Optional<Transaction> failed =
        running == null
            ? Optional.empty()
            : running.attempt().deliveries().stream().filter(d -> !d.isDone()).findFirst();
    String payload = failed.map(Transaction::payload).orElse(null);
    int number = payload == null ? 0 : lineNumber(stderr);
    List<String> lines = number == 0 ? List.of() : payload.lines().toList();
    boolean there = number >= 1 && number <= lines.size();
    return new Refusal(
        payload,
        failed.map(delivery -> delivery.tool().command()).orElse(null),
        ended ? exec.getExitValue() : null,
        stderr,
        there ? number : 0,
        there ? lines.get(number - 1) : null,
        message(exception, exec),
        exec != null && (!ended || payload == null || stderr.contains(LOCKED)));
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

  private static int lineNumber(String stderr) {
    Matcher matcher = LINE.matcher(stderr == null ? "" : stderr);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  /** Looked at more than once, so the stream is not read where what is in it is known. */
  private static String text(ExecException exception) {
    if (exception.getStderr() instanceof Printed printed) {
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
