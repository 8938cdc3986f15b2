package io.netpol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a program whose output goes to a file, and reads what the kernel accounts to it. */
final class MeasuredProcess implements AutoCloseable {

  private static final int SECONDS_TO_END = 20;
  private static final double MILLIS_PER_TICK = 10;
  private static final int BUSY_WINDOW_MILLIS = 100;

  /** Fields 14 to 17 of {@code stat} in proc(5): its own, then that of children it waited for. */
  private static final Pattern TICKS =
      Pattern.compile("\\) \\S+(?: \\S+){10} (\\d+) (\\d+) (\\d+) (\\d+) ");

  private final Process process;
  private final Path log;
  private final long startNanos;
  private final Thread atExit;

  MeasuredProcess(List<String> command, Map<String, String> environment, Path log)
      throws IOException {
    this.log = log;
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    startNanos = System.nanoTime();
    process = builder.start();
    atExit = new Thread(process::destroyForcibly, "end " + log.getFileName());
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /** Returns {@link System#nanoTime()} just before it was started. */
  long startNanos() {
    return startNanos;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the processor time of it and of the processes that it ran, in milliseconds. */
  double cpuMillis() throws IOException {
    Matcher ticks = TICKS.matcher(Files.readString(proc("stat")));
    if (!ticks.find()) {
      throw new IOException("cannot read " + proc("stat"));
    }
    long sum = 0;
    for (int i = 1; i <= ticks.groupCount(); i++) {
      sum += Long.parseLong(ticks.group(i));
    }
    return sum * MILLIS_PER_TICK;
  }

  /** Looks for a tenth of a second whether it works or runs another program. */
  boolean isBusy() throws IOException, InterruptedException {
    double before = cpuMillis();
    TimeUnit.MILLISECONDS.sleep(BUSY_WINDOW_MILLIS);
    return process.descendants().findAny().isPresent()
        || cpuMillis() - before > BUSY_WINDOW_MILLIS / 5;
  }

  /** Returns its resident memory in megabytes. */
  double residentMegabytes() throws IOException {
    return megabytes("VmRSS:");
  }

  /** Returns how many megabytes of it no file backs, so that the kernel cannot take them back. */
  double anonymousMegabytes() throws IOException {
    return megabytes("RssAnon:");
  }

  /** Returns the most resident memory that it had since {@link #forgetPeak}, in megabytes. */
  double peakMegabytes() throws IOException {
    return megabytes("VmHWM:");
  }

  /** Begins a new peak, see proc(5), {@code clear_refs}. */
  void forgetPeak() throws IOException {
    Files.writeString(proc("clear_refs"), "5");
  }

  private double megabytes(String field) throws IOException {
    for (String line : Files.readAllLines(proc("status"))) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
      }
    }
    throw new IOException("it has ended: " + lastLine());
  }

  private Path proc(String file) {
    return Path.of("/proc", Long.toString(process.pid()), file);
  }

  /** Returns the last line that it wrote, and the name of the file with all of them. */
  String lastLine() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return (lines.isEmpty() ? "" : lines.get(lines.size() - 1))
        + " (see "
        + log.getFileName()
        + ")";
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook runs.
    }
    process.destroy();
    try {
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
