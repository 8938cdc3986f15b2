package io.netpol.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The agent as it is shipped, as a process of its own whose tools run in a network namespace. */
final class AgentUnderTest implements AutoCloseable {

  /** A line of its log with when it arrived here. */
  record Line(long nanos, String text) {
    /** When the agent wrote it, by the wall clock. */
    OffsetDateTime time() {
      return OffsetDateTime.parse(text.substring(0, text.indexOf(' ')));
    }
  }

  /** What {@code /proc} says of it. */
  record State(
      long residentKilobytes,
      long anonymousKilobytes,
      int threads,
      int descriptors,
      double cpuMillis) {}

  private static final double MILLIS_PER_TICK = 10;
  private static final Pattern TICKS = Pattern.compile("\\) \\S+(?: \\S+){10} (\\d+) (\\d+) ");

  private final Process process;
  private final Thread atExit;
  private final long startNanos;
  private final List<Line> log = new ArrayList<>();

  /** Starts an agent; {@link #await} tells how far it is. */
  AgentUnderTest(Path home, ApiServer server, List<String> inside, Path folder, String javaOpts)
      throws IOException {
    Path kubeconfig = Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig());
    String in = String.join(" ", inside) + " ";
    ProcessBuilder builder =
        new ProcessBuilder(home.resolve("bin/netpol").toString(), "run")
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    Map<String, String> environment = builder.environment();
    environment.put("NETPOL_NODE", Load.NODE);
    environment.put("NETPOL_KUBECONFIG", kubeconfig.toString());
    environment.put("NETPOL_COMMAND_IPSET", in + "ipset");
    environment.put("NETPOL_COMMAND_CONNTRACK", in + "conntrack");
    environment.put("NETPOL_COMMAND_IPTABLES_RESTORE", in + "iptables-nft-restore");
    environment.put("NETPOL_COMMAND_IP6TABLES_RESTORE", in + "ip6tables-nft-restore");
    environment.put("NETPOL_DEAD_LETTERS", folder.resolve("dead-letters").toString());
    environment.put("NETPOL_JAVA_OPTS", javaOpts);
    try (ServerSocket socket = new ServerSocket(0)) {
      environment.put("NETPOL_HTTP_PORT", Integer.toString(socket.getLocalPort()));
    }
    startNanos = System.nanoTime();
    process = builder.start();
    atExit = new Thread(process::destroy, "end the agent");
    Runtime.getRuntime().addShutdownHook(atExit);
    Thread reader = new Thread(this::read, "agent log");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        synchronized (log) {
          log.add(new Line(System.nanoTime(), line));
          log.notifyAll();
        }
      }
    } catch (IOException e) {
      // Closed on purpose when the agent is ended.
    }
  }

  long pid() {
    return process.pid();
  }

  /** Milliseconds from the start of the process to a moment. */
  double sinceStart(Line line) {
    return (line.nanos() - startNanos) / 1e6;
  }

  /** The first line of the log with this text. */
  Line await(String text, Duration limit) throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + limit.toNanos();
    synchronized (log) {
      while (true) {
        Optional<Line> found = log.stream().filter(line -> line.text().contains(text)).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0 || !process.isAlive()) {
          log.forEach(line -> System.err.println(line.text()));
          throw new TimeoutException("the agent never said: " + text);
        }
        log.wait(Math.min(left, 200));
      }
    }
  }

  /** The lines of the log from one on. */
  List<Line> log(int from) {
    synchronized (log) {
      return List.copyOf(log.subList(from, log.size()));
    }
  }

  int logSize() {
    synchronized (log) {
      return log.size();
    }
  }

  State state() throws IOException {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    List<String> status = Files.readAllLines(proc.resolve("status"));
    Matcher ticks = TICKS.matcher(Files.readString(proc.resolve("stat")));
    if (!ticks.find()) {
      throw new IOException("cannot read " + proc.resolve("stat"));
    }
    try (Stream<Path> descriptors = Files.list(proc.resolve("fd"))) {
      return new State(
          number(status, "VmRSS:"),
          number(status, "RssAnon:"),
          (int) number(status, "Threads:"),
          (int) descriptors.count(),
          (Long.parseLong(ticks.group(1)) + Long.parseLong(ticks.group(2))) * MILLIS_PER_TICK);
    }
  }

  /** The same with the fewest threads in two seconds: a tool that runs has some for itself. */
  State quietState() throws IOException, InterruptedException {
    State quiet = state();
    for (int i = 0; i < 20; i++) {
      TimeUnit.MILLISECONDS.sleep(100);
      State now = state();
      quiet = now.threads() <= quiet.threads() ? now : quiet;
    }
    return quiet;
  }

  private static long number(List<String> status, String field) {
    return status.stream()
        .filter(line -> line.startsWith(field))
        .map(line -> line.replaceAll("\\D", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow();
  }

  /** What the heap holds after a collection, in kilobytes. */
  long liveHeapKilobytes() throws IOException {
    long used = 0;
    Process histogram =
        new ProcessBuilder("jcmd", Long.toString(process.pid()), "GC.class_histogram").start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(histogram.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line; (line = lines.readLine()) != null; ) {
        if (line.startsWith("Total")) {
          used = Long.parseLong(line.trim().split(" +")[2]) / 1024;
        }
      }
    }
    return used;
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
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
