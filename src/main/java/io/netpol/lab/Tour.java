package io.netpol.lab;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes changes to the cluster one by one, and shows after each who reaches whom. */
public final class Tour {

  /** Of more wrong flows only so many are written out; the table marks all of them. */
  private static final int MOST_WRONG_LINES = 6;

  private final LabNetwork lab;
  private final Prober prober;
  private final KubernetesClient client;
  private final PrintWriter out;
  private final List<String> wrong = new ArrayList<>();
  private ReachabilityTable before;
  private long cells;

  /** A tour that has not begun. */
  public Tour(LabNetwork lab, Prober prober, KubernetesClient client, PrintWriter out) {
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
    Reachability reached = Reachability.settled(lab, prober, client);
    ReachabilityTable now = reached.now(lab);
    out.print(now.render());
    account("before the first step", reached, now);
  }

  /** Makes one change and shows what it did. */
  public void take(Step step, int number, int of) throws IOException, InterruptedException {
    out.printf(Locale.ROOT, "%n[%d/%d] %s%n%n", number, of, step.title());
    step.shown().lines().forEach(line -> out.println("    " + line));
    out.println();
    out.flush();
    step.change().accept(client);
    show(String.format(Locale.ROOT, "step %d", number));
  }

  /** Waits until the kernel has settled, and shows who reaches whom. */
  void show(String where) throws IOException, InterruptedException {
    Reachability reached = Reachability.settled(lab, prober, client);
    out.print(reached.compare(lab, before));
    account(where, reached, reached.now(lab));
  }

  private void account(String where, Reachability reached, ReachabilityTable now) {
    cells += now.cells().size();
    long surprises = now.surprises();
    String when =
        before == null
            ? ""
            : String.format(
                Locale.ROOT, ", measured %.1f s after the change", reached.took().toMillis() / 1e3);
    if (surprises == 0) {
      out.printf(Locale.ROOT, "All %d cells are as asked for%s.%n", now.cells().size(), when);
    } else {
      out.printf(
          Locale.ROOT,
          "WRONG: %d of %d cells are not as asked for%s.%n",
          surprises,
          now.cells().size(),
          when);
      List<String> lines = reached.wrong(lab);
      lines.stream().limit(MOST_WRONG_LINES).forEach(line -> out.println("  " + line));
      if (lines.size() > MOST_WRONG_LINES) {
        out.printf(Locale.ROOT, "  and %d more%n", lines.size() - MOST_WRONG_LINES);
      }
      wrong.add(String.format(Locale.ROOT, "%s: %d cells", where, surprises));
    }
    out.flush();
    before = ReachabilityTable.of(lab, reached.measured());
  }

  /** Returns where cells were not as they should be, and how many; empty if all were. */
  public List<String> wrong() {
    return List.copyOf(wrong);
  }

  /** Returns how many cells were looked at so far. */
  public long cells() {
    return cells;
  }
}
