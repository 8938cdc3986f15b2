package io.netpol.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the distribution against the bare tools, and prints what it finds as a table. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measure the agent at the standard load against the bare tools. Needs root.")
public final class Bench implements Callable<Integer> {

  @Option(names = "--home", required = true, hidden = true)
  private Path home;

  @Option(names = "--out", defaultValue = "target/bench", description = "Default: ${DEFAULT-VALUE}")
  private Path out;

  @Option(names = "--short", description = "Fewer runs and smaller clusters: under 3 minutes.")
  private boolean brief;

  @Option(names = "--seed", defaultValue = "1", description = "Of the load. Default: 1")
  private long seed;

  @Option(names = "--only", split = ",", description = "Only these parts: ${COMPLETION-CANDIDATES}")
  private List<Part> only = List.of(Part.values());

  @Option(names = "--java-opts", defaultValue = "", description = "JVM flags for the agent.")
  private String javaOpts;

  /** What can be measured by itself. */
  enum Part {
    START,
    EVENTS,
    CHURN,
    ROUTES,
    SIZES,
    CONNECTIONS
  }

  /** Ends with 0 where it could measure, whatever the figures are. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Bench()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Files.createDirectories(out);
    Path scratch = Files.createTempDirectory("netpol-bench-tools-");
    try (BareTool shell = new BareTool(scratch)) {
      Results results = new Results(Machine.describe(seed, brief, javaOpts));
      Plan plan = new Plan(Load.standard(seed), home.toAbsolutePath(), javaOpts, brief, shell);
      Map<Part, Step> steps = new LinkedHashMap<>();
      steps.put(Part.START, new StartAndMemory(plan)::run);
      steps.put(Part.EVENTS, new EventRows(plan)::run);
      steps.put(Part.CHURN, new ChurnRows(plan)::run);
      steps.put(Part.SIZES, new SizeRows(plan)::run);
      steps.put(Part.ROUTES, new RouteRows(plan)::run);
      steps.put(Part.CONNECTIONS, new ConnectionRows(plan)::run);
      for (Part part : only) {
        long start = System.nanoTime();
        steps.get(part).run(results);
        System.err.printf(
            "bench: %s took %d s%n", part, (System.nanoTime() - start) / 1_000_000_000);
      }
      results.write(out.resolve("results.json"));
      results.missed().forEach(missed -> System.out.println("missed: " + missed));
    }
    return 0;
  }

  private interface Step {
    void run(Results results) throws Exception;
  }
}
