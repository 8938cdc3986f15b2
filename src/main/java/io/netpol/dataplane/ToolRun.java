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
 * What a tool of the kernel left behind that was run outside of the routes.
 *
 * @param status the exit status; {@link #NOT_THERE} where there is no such program
 */
public record ToolRun(int status, String stdout, String stderr) {

  /** What a shell, and programs such as nsenter, say of a command that is not there. */
  static final int NOT_THERE = 127;

  private static final int TIMED_OUT = 124;

  private static final int MAX_STDERR_BYTES = 1 << 20;

  public boolean ok() {
    return status == 0;
  }

  public boolean isThere() {
    return status != NOT_THERE;
  }

  /** Returns the last thing that the tool complained of, in one line. */
  public String complaint() {
    String said = stderr.strip().replaceAll("\\s*\\n\\s*", "; ");
    if (status == TIMED_OUT) {
      return said;
    }
    return "exit status " + status + (said.isEmpty() ? "" : ": " + said);
  }

  /** Runs a tool to its end, or kills it at its time limit. */
  public static ToolRun run(List<String> command, String stdin, Duration limit) throws IOException {
    // Others' comments may hold any bytes: they are read and written as they are.
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
