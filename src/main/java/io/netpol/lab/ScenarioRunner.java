package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs the steps of a scenario, and shows after each which member reaches which. */
public final class ScenarioRunner {

  /** The flows that are listed; the table marks all of them. */
  private static final int MISMATCHES_SHOWN = 6;

  private final LabNetwork lab;
  private final Prober prober;
  private final KubernetesClient client;
  private final PrintWriter out;
  private final List<String> mismatches = new ArrayList<>();
  private ReachabilityTable before;
  private long cells;

  /** Prepares a run. */
  public ScenarioRunner(LabNetwork lab, Prober prober, KubernetesClient client, PrintWriter out) {
    this.lab = lab;
    this.prober = prober;
    this.client = client;
    this.out = out;
  }

  /** Shows the cluster without policies. */
  public void begin() throws IOException, InterruptedException {
    out.println();
    out.print(ExampleCluster.description());
    out.printf(
        Locale.ROOT,
        "%nEverybody listens on TCP %d and UDP %d, and asks everybody by both, over IPv4%n"
            + "and IPv6. Every cell of a table is measured with real connections, and compared%n"
            + "with what Kubernetes' rules ask for, which is worked out from the objects alone.%n%n"
            + "Without a policy:%n%n",
        ExampleCluster.TCP_PORT,
        ExampleCluster.UDP_PORT);
    Reachability reached = Reachability.await(lab, prober, client);
    ReachabilityTable now = reached.now(lab);
    out.print(now.render());
    account("before the first step", reached, now);
  }

  /** Makes one change and shows what it did. */
  public void run(Scenario.Step step, int number, int of) throws IOException, InterruptedException {
    out.printf(Locale.ROOT, "%n[%d/%d] %s%n%n", number, of, step.title());
    step.shown().lines().forEach(line -> out.println("    " + line));
    out.println();
    out.flush();
    step.change().accept(client);
    show(String.format(Locale.ROOT, "step %d", number));
  }

  /** Waits until the kernel enforces the change, and shows which member reaches which. */
  void show(String where) throws IOException, InterruptedException {
    Reachability reached = Reachability.await(lab, prober, client);
    out.print(reached.compare(lab, before));
    account(where, reached, reached.now(lab));
  }

  private void account(String where, Reachability reached, ReachabilityTable now) {
    cells += now.cells().size();
    long unexpected = now.mismatches();
    String when =
        before == null
            ? ""
            : String.format(
                Locale.ROOT, ", measured %.1f s after the change", reached.took().toMillis() / 1e3);
    if (unexpected == 0) {
      out.printf(Locale.ROOT, "All %d cells are as expected%s.%n", now.cells().size(), when);
    } else {
      out.printf(
          Locale.ROOT,
          "WRONG: %d of %d cells are not as expected%s.%n",
          unexpected,
          now.cells().size(),
          when);
      List<String> lines = reached.mismatches(lab);
      lines.stream().limit(MISMATCHES_SHOWN).forEach(line -> out.println("  " + line));
      if (lines.size() > MISMATCHES_SHOWN) {
        out.printf(Locale.ROOT, "  and %d more%n", lines.size() - MISMATCHES_SHOWN);
      }
      mismatches.add(String.format(Locale.ROOT, "%s: %d cells", where, unexpected));
    }
    out.flush();
    before = ReachabilityTable.of(lab, reached.measured());
  }

  /** Returns which steps had cells that are not as expected, and how many. */
  public List<String> mismatches() {
    return List.copyOf(mismatches);
  }

  /** Returns how many cells were compared so far. */
  public long cells() {
    return cells;
  }
}
