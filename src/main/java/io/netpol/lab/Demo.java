package io.netpol.lab;

import io.netpol.cli.DemoProgram;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.observe.console.ConsoleEndpoint;
import io.netpol.observe.console.MatrixEndpoint;
import io.netpol.route.settings.Settings;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Plays the scenario on its environment, from the first line on the console to the exit status. */
public final class Demo {

  /** The demo as its command finds it. */
  public static final class Program implements DemoProgram {
    @Override
    public int play(boolean once, Path folder, PrintWriter out, PrintWriter err) throws Exception {
      return new Demo(once, folder, out, err).call();
    }
  }

  /** The exit status that a shell reports of a program that Ctrl-C ended. */
  private static final int INTERRUPTED = 130;

  private final boolean once;
  private final Path givenFolder;
  private final PrintWriter err;
  private final DemoResources resources;
  private final PrintWriter out;
  private final long start = System.nanoTime();

  /**
   * Prepares a demo.
   *
   * @param folder the folder of the policies that are applied after the steps; null makes one
   */
  Demo(boolean once, Path folder, PrintWriter out, PrintWriter err) {
    this.once = once;
    this.givenFolder = folder;
    this.err = err;
    this.resources = new DemoResources(out);
    this.out = resources.out();
  }

  /** Runs it to its end, and returns the exit status. */
  int call() throws Exception {
    Optional<String> unavailable = LabNetwork.unavailable();
    if (unavailable.isPresent()) {
      return showPayloads(unavailable.get());
    }
    DemoLog log = null;
    try (resources) {
      Path temporary = resources.temporaryFolder();
      log = DemoLog.in(temporary);
      List<String> mismatches = run(temporary, log);
      if (!mismatches.isEmpty()) {
        log.printTo(err);
      }
      return mismatches.isEmpty() ? 0 : 1;
    } catch (Exception e) {
      if (resources.isEnding()) {
        return INTERRUPTED;
      }
      throw e;
    }
  }

  private List<String> run(Path temporary, DemoLog log) throws Exception {
    try {
      DemoEnvironment environment = DemoEnvironment.set(resources, temporary, this::say);
      ScenarioRunner runner =
          new ScenarioRunner(
              environment.lab(), environment.prober(), environment.api().client(), out);
      runner.begin();
      List<Scenario.Step> steps = Scenario.steps();
      for (int i = 0; i < steps.size(); i++) {
        runner.run(steps.get(i), i + 1, steps.size());
      }
      conclude(runner, steps.size());
      if (!once) {
        watchFolder(temporary, runner, environment, log);
      }
      return runner.mismatches();
    } catch (Exception e) {
      if (!resources.isEnding()) {
        log.printTo(err);
      }
      throw e;
    }
  }

  private void conclude(ScenarioRunner runner, int steps) {
    out.println();
    if (runner.mismatches().isEmpty()) {
      say(
          String.format(
              Locale.ROOT,
              "%d tables, %d cells: all are what Kubernetes' rules ask for.",
              steps + 1,
              runner.cells()));
    } else {
      say("NOT as Kubernetes' rules ask for:");
      runner.mismatches().forEach(line -> out.println("  " + line));
    }
    out.flush();
  }

  private void watchFolder(
      Path temporary, ScenarioRunner runner, DemoEnvironment environment, DemoLog log)
      throws Exception {
    Path folder =
        givenFolder == null ? Files.createDirectory(temporary.resolve("policies")) : givenFolder;
    out.printf(
        Locale.ROOT,
        "%nNow it is your turn. Put NetworkPolicies (*.yaml) for shop, ops or guest into%n%n"
            + "    %s%n%nand see what they do. Ctrl-C ends it and removes all of this.%n",
        folder);
    environment.agents().forEach(this::pointTo);
    log.path().ifPresent(path -> out.printf(Locale.ROOT, "%nThe agents log to %s%n", path));
    out.flush();
    resources.keep(new PolicyFolder(folder, environment.api().client(), runner, out)).watch();
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
