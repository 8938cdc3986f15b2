package io.netpol.lab;

import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.observe.ConsoleEndpoint;
import io.netpol.observe.MatrixEndpoint;
import io.netpol.route.Settings;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** Plays the scenario on its stage, from the first line on the console to the exit status. */
final class Demo implements Callable<Integer> {

  /** What a shell reports of a program that Ctrl-C ended. */
  private static final int INTERRUPTED = 130;

  private final boolean once;
  private final Path givenFolder;
  private final PrintWriter err;
  private final DemoRemains remains;
  private final PrintWriter out;
  private final long start = System.nanoTime();

  /**
   * A demo that has not begun.
   *
   * @param folder where policies are taken from after the steps; null makes one
   */
  Demo(boolean once, Path folder, PrintWriter out, PrintWriter err) {
    this.once = once;
    this.givenFolder = folder;
    this.err = err;
    this.remains = new DemoRemains(out);
    this.out = remains.out();
  }

  @Override
  public Integer call() throws Exception {
    Optional<String> unavailable = LabNetwork.unavailable();
    if (unavailable.isPresent()) {
      return showPayloads(unavailable.get());
    }
    DemoLog log = null;
    try (remains) {
      Path temporary = remains.temporaryFolder();
      log = DemoLog.in(temporary);
      List<String> wrong = run(temporary, log);
      if (!wrong.isEmpty()) {
        log.printTo(err);
      }
      return wrong.isEmpty() ? 0 : 1;
    } catch (Exception e) {
      if (remains.isEnding()) {
        return INTERRUPTED;
      }
      throw e;
    }
  }

  private List<String> run(Path temporary, DemoLog log) throws Exception {
    try {
      DemoStage stage = DemoStage.set(remains, temporary, this::say);
      Tour tour = new Tour(stage.lab(), stage.prober(), stage.api().client(), out);
      tour.begin();
      List<Step> steps = Scenario.steps();
      for (int i = 0; i < steps.size(); i++) {
        tour.take(steps.get(i), i + 1, steps.size());
      }
      conclude(tour, steps.size());
      if (!once) {
        watchFolder(temporary, tour, stage, log);
      }
      return tour.wrong();
    } catch (Exception e) {
      if (!remains.isEnding()) {
        log.printTo(err);
      }
      throw e;
    }
  }

  private void conclude(Tour tour, int steps) {
    if (tour.wrong().isEmpty()) {
      out.println();
      say(
          String.format(
              Locale.ROOT,
              "%d tables, %d cells: all are what Kubernetes' rules ask for.",
              steps + 1,
              tour.cells()));
    } else {
      out.println();
      say("NOT as Kubernetes' rules ask for:");
      tour.wrong().forEach(line -> out.println("  " + line));
    }
    out.flush();
  }

  private void watchFolder(Path temporary, Tour tour, DemoStage stage, DemoLog log)
      throws Exception {
    Path folder =
        givenFolder == null ? Files.createDirectory(temporary.resolve("policies")) : givenFolder;
    out.printf(
        Locale.ROOT,
        "%nNow it is your turn. Put NetworkPolicies (*.yaml) for shop, ops or guest into%n%n"
            + "    %s%n%nand see what they do. Ctrl-C ends it and removes all of this.%n",
        folder);
    stage.agents().forEach(this::pointTo);
    log.path().ifPresent(path -> out.printf(Locale.ROOT, "%nThe agents log to %s%n", path));
    out.flush();
    remains.keep(new PolicyFolder(folder, stage.api().client(), tour, out)).watch();
    new CountDownLatch(1).await();
  }

  private void pointTo(String node, URI agent) {
    out.printf(Locale.ROOT, "%nThe agent of node %s answers on this machine:%n%n", node);
    out.printf(Locale.ROOT, "    console  %s%n", agent.resolve(ConsoleEndpoint.PATH));
    out.printf(
        Locale.ROOT, "    matrix   %s%n", agent.resolve(MatrixEndpoint.PATH + "?output=html"));
    out.printf(Locale.ROOT, "    metrics  %s%n", agent.resolve("/observe/metrics"));
  }

  private void say(String text) {
    out.printf(
        Locale.ROOT, "%s (%.1f s)%n", text.stripTrailing(), (System.nanoTime() - start) / 1e9);
    out.flush();
  }

  /** Shows what needs no kernel, and returns the exit status. */
  int showPayloads(String why) {
    err.printf(Locale.ROOT, "netpol: the demo cannot run here: %s.%n", why);
    err.println("netpol: what the agent of node n1 would tell its kernel:");
    err.flush();
    DataplaneProvider dataplane = Settings.of(Map.of()).dataplane();
    for (RenderedFile file : dataplane.render(Scenario.cluster("n1"), RenderOptions.DEFAULT)) {
      out.printf(Locale.ROOT, "%n# %s%n", file.name());
      out.print(file.text());
    }
    out.flush();
    if (once) {
      err.println("netpol: nothing was measured, so this is no success.");
    }
    return once ? 1 : 0;
  }
}
