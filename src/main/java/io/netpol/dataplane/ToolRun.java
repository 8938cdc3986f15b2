package io.netpol.dataplane;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Holds the result of a kernel tool that ran outside the routes.
 *
 * @param status the exit status; {@link #NOT_THERE} if there is no such program
 */
public record ToolRun(int status, String stdout, String stderr) {

  /**
   * The exit status of a shell, and of programs such as nsenter, for a command that does not exist.
   */
  static final int NOT_THERE = 127;

  private static final int TIMED_OUT = 124;

  private static final int MAX_STDERR_BYTES = 1 << 20;

  public boolean ok() {
    return status == 0;
  }

  public boolean isThere() {
    return status != NOT_THERE;
  }

  /** Returns the last line of standard error. */
  public String complaint() {
    String said = stderr.strip().replaceAll("\\s*\\n\\s*", "; ");
    if (status == TIMED_OUT) {
      return said;
    }
    return "exit status " + status + (said.isEmpty() ? "" : ": " + said);
  }

  /** Runs a tool to completion, or kills it at the time limit. */
  public static ToolRun run(List<String> command, String stdin, Duration limit) throws IOException {
    // Comments of other programs may contain any bytes: they are preserved.
    byte[] input = stdin.getBytes(StandardCharsets.ISO_8859_1);
    Subprocess process;
    try {
      process = Subprocess.start(command, null, new ByteArrayInputStream(input), MAX_STDERR_BYTES);
    } catch (IOException e) {
      return new ToolRun(NOT_THERE, "", e.getMessage());
    }
    try {
      process.exit(limit);
      return new ToolRun(process.status(), text(process.stdout()), text(process.stderr()));
    } catch (TimeoutException e) {
      return new ToolRun(
          TIMED_OUT,
          text(process.stdout()),
          "did not finish within " + limit.toSeconds() + " s and was ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + command.get(0) + " ran");
    }
  }

  private static String text(List<byte[]> pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    pieces.forEach(all::writeBytes);
    return all.toString(StandardCharsets.ISO_8859_1);
  }
}
