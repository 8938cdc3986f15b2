package io.netpol.lab;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a command left behind.
 *
 * @param exit its exit status, {@link #TIMED_OUT} if it had to be stopped
 * @param stdout what it wrote to standard output
 * @param stderr what it wrote to standard error
 */
public record Finished(int exit, String stdout, String stderr) {
  /** The exit status of a command that ran into its time limit, the one that timeout(1) uses. */
  public static final int TIMED_OUT = 124;

  /** Returns whether the command says that it succeeded. */
  public boolean ok() {
    return exit == 0;
  }

  /**
   * Runs a command to its end, or stops it at its time limit.
   *
   * <p>Input and output go through files, so that neither a full pipe nor a grandchild that keeps
   * one open can hold up the caller.
   *
   * @throws IOException if the command cannot be started, or the thread is interrupted
   */
  static Finished run(List<String> command, String stdin, Duration limit) throws IOException {
    Path directory = Files.createTempDirectory("netpol");
    Path in = directory.resolve("in");
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    try {
      Files.writeString(in, stdin);
      Process process =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      boolean ended = waitFor(process, limit);
      int exit = ended ? process.exitValue() : TIMED_OUT;
      String late = ended ? "" : "stopped after " + limit.toMillis() + " ms\n";
      return new Finished(exit, read(out), read(err) + late);
    } finally {
      for (File file : List.of(in.toFile(), out.toFile(), err.toFile(), directory.toFile())) {
        file.delete();
      }
    }
  }

  private static boolean waitFor(Process process, Duration limit) throws IOException {
    try {
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop(process);
      throw new InterruptedIOException("interrupted while a command ran");
    }
    stop(process);
    return false;
  }

  private static void stop(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
