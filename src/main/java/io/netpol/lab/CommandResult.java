package io.netpol.lab;

import io.netpol.dataplane.Subprocess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Holds the exit status and output of a command.
 *
 * @param exit its exit status, {@link #TIMED_OUT} if it had to be stopped
 * @param stdout what it wrote to standard output
 * @param stderr what it wrote to standard error
 */
public record CommandResult(int exit, String stdout, String stderr) {
  /** The exit status of a command that ran into its time limit, the one that timeout(1) uses. */
  public static final int TIMED_OUT = 124;

  /** Returns whether the command says that it succeeded. */
  public boolean ok() {
    return exit == 0;
  }

  /**
   * Runs a command to its end, or stops it at its time limit.
   *
   * <p>A grandchild that keeps the output open does not hold up the caller.
   *
   * @throws IOException if the command cannot be started, or the thread is interrupted
   */
  static CommandResult run(List<String> command, String stdin, Duration limit) throws IOException {
    InputStream input = new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8));
    Subprocess process = Subprocess.start(command, null, input, Integer.MAX_VALUE);
    try {
      process.exit(limit);
      return new CommandResult(process.status(), text(process.stdout()), text(process.stderr()));
    } catch (TimeoutException e) {
      String late = "stopped after " + limit.toMillis() + " ms\n";
      return new CommandResult(TIMED_OUT, text(process.stdout()), text(process.stderr()) + late);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a command ran");
    }
  }

  private static String text(List<byte[]> pieces) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    pieces.forEach(all::writeBytes);
    return all.toString(StandardCharsets.UTF_8);
  }
}
