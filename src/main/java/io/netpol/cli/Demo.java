package io.netpol.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.demo.EmbeddedApiServer;
import io.netpol.demo.ExampleCluster;
import io.netpol.demo.LabNetwork;
import io.netpol.demo.LabPlan;
import io.netpol.demo.Payloads;
import io.netpol.demo.PolicyFolder;
import io.netpol.demo.Prober;
import io.netpol.demo.Scenario;
import io.netpol.demo.Step;
import io.netpol.demo.Tour;
import io.netpol.iptables.Delivery;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** Two agents, an API server and the scenario, from a first line on the console to the last. */
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
      Tour tour = set(temporary);
      tour.begin();
      List<Step> steps = Scenario.steps();
      for (int i = 0; i < steps.size(); i++) {
        tour.take(steps.get(i), i + 1, steps.size());
      }
      conclude(tour, steps.size());
      if (!once) {
        watchFolder(temporary, tour, log);
      }
      return tour.wrong();
    } catch (Exception e) {
      if (!remains.isEnding()) {
        log.printTo(err);
      }
      throw e;
    }
  }

  private EmbeddedApiServer api;

  private Tour set(Path temporary) throws Exception {
    List<String> swept = LabNetwork.sweep();
    if (!swept.isEmpty()) {
      out.printf("Removed %d namespaces that a killed demo left behind.%n", swept.size());
    }
    LabPlan plan = ExampleCluster.plan();
    say(
        "Building a network: %d nodes, %d pods, %d host outside, each a namespace of its own ..."
            .formatted(plan.nodes().size(), plan.pods().size(), plan.outsides().size()));
    LabNetwork lab = remains.keep(LabNetwork.start(plan));
    Prober prober =
        remains.keep(Prober.start(lab, Set.of(ExampleCluster.TCP_PORT, ExampleCluster.UDP_PORT)));
    say("Starting an API server, and an agent on each node ...");
    api = remains.keep(EmbeddedApiServer.start());
    ExampleCluster.objects().forEach(object -> api.client().resource(object).create());
    for (LabPlan.Node node : plan.nodes()) {
      KubernetesClient client = remains.keep(RunCommand.client(api.config()));
      Agent agent = new Agent(settings(lab, node.name(), temporary), client);
      remains.keep(agent::stop);
      agent.start();
    }
    say("Ready.\n");
    return new Tour(lab, prober, api.client(), out);
  }

  private static Settings settings(LabNetwork lab, String node, Path temporary) throws IOException {
    Path home = Netpol.home();
    String routes = home == null ? "routes" : home.resolve("routes").toString();
    RoutesFolder.check(routes);
    String inside = lab.inside(node);
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.NODE, node);
    settings.put(Setting.ROUTES, routes);
    settings.put(Setting.DEAD_LETTERS, temporary.resolve("dead-letters-" + node).toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(freePort()));
    settings.put(Setting.COMMAND_IPSET, inside + "ipset");
    settings.put(Setting.COMMAND_IPTABLES, inside + "iptables-nft-restore");
    settings.put(Setting.COMMAND_IP6TABLES, inside + "ip6tables-nft-restore");
    return Settings.of(settings);
  }

  private void conclude(Tour tour, int steps) {
    if (tour.wrong().isEmpty()) {
      say(
          "%nThe kernel did what Kubernetes' rules ask for: %d steps, %d cells, none wrong."
              .formatted(steps, tour.cells()));
    } else {
      say("%nNOT as Kubernetes' rules ask for:".formatted());
      tour.wrong().forEach(line -> out.println("  " + line));
    }
    out.flush();
  }

  private void watchFolder(Path temporary, Tour tour, DemoLog log) throws Exception {
    Path folder =
        givenFolder == null ? Files.createDirectory(temporary.resolve("policies")) : givenFolder;
    out.printf(
        "%nNow it is your turn. Put NetworkPolicies (*.yaml) for the namespaces shop, ops or%n"
            + "guest into%n%n    %s%n%nand see what they do. Ctrl-C ends it and removes all of this.%n",
        folder);
    log.path().ifPresent(path -> out.printf("The agents log to %s%n", path));
    out.flush();
    remains.keep(new PolicyFolder(folder, api.client(), tour, out)).watch();
    new CountDownLatch(1).await();
  }

  private void say(String text) {
    out.printf(
        Locale.ROOT, "%s (%.1f s)%n", text.stripTrailing(), (System.nanoTime() - start) / 1e9);
    out.flush();
  }

  private int showPayloads(String why) {
    err.printf("netpol: the demo cannot run here: %s.%n", why);
    err.println("netpol: what the agent of node n1 would tell its kernel:");
    err.flush();
    for (Delivery delivery : Payloads.of("n1")) {
      out.printf("%n# %s-restore%n", delivery.tool().command());
      out.print(delivery.payload());
    }
    out.flush();
    if (once) {
      err.println("netpol: nothing was measured, so this is no success.");
    }
    return once ? 1 : 0;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
