package io.netpol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the distribution against the bare tools, and prints what it finds as a table. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measure the agent at the standard load against the baseline, which is the tools alone. Needs root.")
public final class Bench implements Callable<Integer> {

  @Spec private CommandSpec command;

  @Option(names = "--home", required = true, hidden = true)
  private Path home;

  @Option(names = "--out", defaultValue = "target/bench", description = "Default: ${DEFAULT-VALUE}")
  private Path out;

  @Option(names = "--short", description = "Fewer runs and smaller clusters: under 5 minutes.")
  private boolean brief;

  @Option(names = "--seed", defaultValue = "1", description = "Of the load. Default: 1")
  private long seed;

  @Option(names = "--only", split = ",", description = "Only these parts: ${COMPLETION-CANDIDATES}")
  private List<Part> only = List.of(Part.values());

  @Option(names = "--java-opts", defaultValue = "", description = "JVM flags for the agent.")
  private String javaOpts;

  @Option(
      names = "--manifests",
      paramLabel = "DIR",
      description = "Measure nothing; write the load as manifests into this folder.")
  private Path manifests;

  @Option(
      names = "--pods",
      paramLabel = "N",
      description = "Pods of these manifests, or of the load of --kube-apiserver.")
  private Integer pods;

  @Option(names = "--policies", paramLabel = "N", description = "Policies of the same.")
  private Integer policies;

  @Option(
      names = "--kube-apiserver",
      paramLabel = "PATH",
      arity = "0..1",
      fallbackValue = "",
      description = {
        "Measure against a real API server instead, which is started with TLS and removed afterwards.",
        "Default: the one that `./dev cluster build` builds."
      })
  private String apiServer;

  @Option(
      names = "--etcd",
      paramLabel = "PATH",
      defaultValue = "/usr/bin/etcd",
      description = "Its store. Default: ${DEFAULT-VALUE}")
  private Path etcd;

  @Option(
      names = "--peer",
      paramLabel = "NAME=PATH",
      description = {
        "With --kube-apiserver: measure this controller too, with the same load. NAME starts with",
        "kube-router or kube-network-policies; options of its own can follow PATH after a blank."
      })
  private List<String> peers = List.of();

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      split = ",",
      description = {
        "With --kube-apiserver: measure the agent with each of these back-ends, such as",
        "iptables-nft,iptables-legacy,nftables. Default: auto"
      })
  private List<String> backends = List.of();

  @Option(names = "--built-kube-apiserver", required = true, hidden = true)
  private Path builtApiServer;

  /** What can be measured by itself. */
  enum Part {
    START,
    EVENTS,
    CHURN,
    ROUTES,
    SIZES,
    LARGE,
    CONNECTIONS
  }

  /** Ends with 0 where it could measure, whatever the figures are. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (!(peers.isEmpty() && backends.isEmpty()) && apiServer == null) {
      throw new CommandLine.ParameterException(
          command.commandLine(), "--peer and --backend need --kube-apiserver");
    }
    if (manifests != null) {
      GeneratedLoad.of(sized()).write(manifests);
      return 0;
    }
    Files.createDirectories(out);
    if (apiServer != null) {
      Path program = apiServer.isEmpty() ? builtApiServer : Path.of(apiServer).toAbsolutePath();
      Load load = pods == null && policies == null && brief ? sized().withPods(2_000) : sized();
      Plan plan = new Plan(load, home.toAbsolutePath(), javaOpts, brief, null);
      List<String> each = backends.isEmpty() ? List.of("auto") : backends;
      new Comparison(etcd, program, each, peers, plan, out.resolve("peers").toAbsolutePath())
          .run(Machine.describe(seed, brief, javaOpts));
      return 0;
    }
    Results results = new Results(Machine.describe(seed, brief, javaOpts));
    Path scratch = Files.createTempDirectory("netpol-bench-tools-");
    try (BareTool shell = new BareTool(scratch)) {
      measure(
          new Plan(Load.standard(seed), home.toAbsolutePath(), javaOpts, brief, shell), results);
    } catch (Exception failed) {
      // What was measured before that took minutes.
      results.write(out.resolve("partial.json"));
      throw failed;
    }
    keep(results);
    return 0;
  }

  /** The standard load, or as large as asked. */
  private Load sized() {
    Load standard = Load.standard(seed);
    Load sized = pods == null ? standard : standard.withPods(pods);
    return policies == null ? sized : sized.withPolicies(policies);
  }

  private void measure(Plan plan, Results results) throws Exception {
    if (only.contains(Part.START)) {
      timed(Part.START, () -> new StartRows(plan).run(results));
    }
    if (only.contains(Part.EVENTS) || only.contains(Part.CHURN)) {
      try (Rig rig = plan.rig(plan.standard()).ready()) {
        EventLatencies latencies = new EventLatencies(rig, plan.shell());
        if (only.contains(Part.EVENTS)) {
          timed(Part.EVENTS, () -> new EventRows(plan).run(rig, latencies, results));
        }
        if (only.contains(Part.CHURN)) {
          timed(Part.CHURN, () -> new ChurnRows(plan).run(rig, latencies, results));
        }
      }
    }
    if (only.contains(Part.ROUTES)) {
      timed(Part.ROUTES, () -> new RouteRows(plan).run(results));
    }
    if (only.contains(Part.SIZES)) {
      timed(Part.SIZES, () -> new SizeRows(plan).run(results));
    }
    if (only.contains(Part.LARGE)) {
      timed(Part.LARGE, () -> new LargeNodeRows(plan, results).run());
    }
    if (only.contains(Part.CONNECTIONS)) {
      timed(Part.CONNECTIONS, () -> new ConnectionRows(plan).run(results));
    }
  }

  private void keep(Results results) throws IOException {
    results.write(out.resolve("results.json"));
    Files.writeString(out.resolve("table.md"), results.markdown());
    draw(results);
    results.missed().forEach(missed -> System.out.println("missed: " + missed));
  }

  private void draw(Results results) throws IOException {
    Graph events = new Graph("What one event costs", "pods in the cluster", "milliseconds");
    for (String curve : SizeRows.CURVES) {
      events.line(curve, results.curve(curve));
    }
    events.write(out.resolve("events.svg"));
    new Graph(
            "New connections through a node, one client after the other",
            "policies in the cluster",
            "connections a second")
        .line(ConnectionRows.RATE, results.curve(ConnectionRows.RATE))
        .write(out.resolve("connections.svg"));
    new Graph(
            "Rules looked at for the first packet of a connection",
            "policies in the cluster",
            "rules")
        .line(ConnectionRows.RULES, results.curve(ConnectionRows.RULES))
        .write(out.resolve("rules.svg"));
  }

  private static void timed(Part part, Step step) throws Exception {
    long start = System.nanoTime();
    step.run();
    System.err.printf("bench: %s took %d s%n", part, (System.nanoTime() - start) / 1_000_000_000);
  }

  private interface Step {
    void run() throws Exception;
  }
}
