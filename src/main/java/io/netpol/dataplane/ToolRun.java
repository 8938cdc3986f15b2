package io.netpol.dataplane;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a tool of the kernel left behind that was run outside of the routes.
 *
 * @param status the exit status; {@link #NOT_THERE} where there is no such program
 */
public record ToolRun(int status, String stdout, String stderr) {

  /** What a shell, and programs such as nsenter, say of a command that is not there. */
  static final int NOT_THERE = 127;

  private static final int TIMED_OUT = 124;

  public boolean ok() {
    return status == 0;
  }

  public boolean isThere() {
    return status != NOT_THERE;
  }

  /** The last thing that the tool complained of, in one line. */
  public String complaint() {
    String said = stderr.strip().replaceAll("\\s*\\n\\s*", "; ");
    if (status == TIMED_OUT) {
      return said;
    }
    return "exit status " + status + (said.isEmpty() ? "" : ": " + said);
  }

  /**
   * Runs a tool to its end, or kills it at its time limit. Input and output go through files, so
   * that no full pipe holds anybody up.
   */
  public static ToolRun run(List<String> command, String stdin, Duration limit) throws IOException {
    Path folder = Files.createTempDirectory("netpol-tool");
    Path in = folder.resolve("in");
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    try {
      // Others' comments may hold any bytes: they are read and written as they are.
      Files.writeString(in, stdin, StandardCharsets.ISO_8859_1);
      Process process;
      try {
        process =
            new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
      } catch (IOException e) {
        return new ToolRun(NOT_THERE, "", e.getMessage());
      }
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      return new ToolRun(
          ended ? process.exitValue() : TIMED_OUT,
          Files.readString(out, StandardCharsets.ISO_8859_1),
          ended
              ? Files.readString(err, StandardCharsets.ISO_8859_1)
              : "did not finish within " + limit.toSeconds() + " s and was ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + command.get(0) + " ran");
    } finally {
      for (Path file : List.of(in, out, err, folder)) {
        Files.deleteIfExists(file);
      }
    }
  }
}
