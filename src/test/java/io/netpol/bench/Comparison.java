package io.netpol.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Measures controllers one after the other against one real API server with the same load. Runs in
 * namespaces of its own, which {@code ./dev bench} makes: processes, mounts and networks end with
 * this JVM.
 */
final class Comparison {

  private static final Path FOLDER = Path.of("/run/netpol-bench");
  private static final int SETS = 3;

  private final Path etcd;
  private final Path apiServer;
  private final List<String> backends;
  private final List<String> peers;
  private final Plan plan;
  private final Path out;

  Comparison(
      Path etcd, Path apiServer, List<String> backends, List<String> peers, Plan plan, Path out) {
    this.backends = backends;
    this.etcd = etcd;
    this.apiServer = apiServer;
    this.peers = peers;
    this.plan = plan;
    this.out = out;
  }

  void run(Map<String, Object> machine) throws Exception {
    if (ProcessHandle.current().pid() != 1) {
      throw new IOException("this runs in namespaces of its own: start it as ./dev bench");
    }
    for (Path program : List.of(etcd, apiServer)) {
      if (!Files.isExecutable(program)) {
        throw new IOException(
            "there is no " + program + ": ./dev cluster build, or name another one");
      }
    }
    Files.createDirectories(FOLDER);
    Files.createDirectories(out);
    Path kubeconfig = FOLDER.resolve("kubeconfig");
    List<Controller> controllers = new ArrayList<>();
    for (String backend : backends) {
      controllers.add(Controller.ours(plan.home(), kubeconfig, FOLDER, plan.javaOpts(), backend));
    }
    peers.forEach(peer -> controllers.add(Controller.peer(peer, kubeconfig)));
    machine.put("kube-apiserver", firstLine(apiServer));
    machine.put("etcd", firstLine(etcd));
    machine.put("load", plan.standard().toString());
    ComparisonTable table = new ComparisonTable(machine);
    GeneratedLoad load = GeneratedLoad.of(plan.standard());
    Expected expected = new Expected(load);
    ProbeTargets targets = ProbeTargets.of(load);
    System.err.printf(
        "bench: %,d pods, %,d policies; %d local pods isolated for ingress, %d for egress alone; %d"
            + " allowed connections%n",
        load.pods().size(),
        load.policies().size(),
        targets.ingress().size(),
        targets.egress().size(),
        targets.allowed().size());
    try (KubernetesServer server = new KubernetesServer(etcd, apiServer, FOLDER, out)) {
      server.writeKubeconfig(kubeconfig);
      server.writeServiceAccount(Controller.SERVICE_ACCOUNT);
      new LoadWriter(server.client()).write(load);
      ComparisonPlan measured =
          new ComparisonPlan(server, load, targets, targets.joined(expected, SETS), plan.brief());
      for (Controller controller : controllers) {
        long start = System.nanoTime();
        settle(server);
        ControllerTrial.run(
            measured,
            controller,
            table.column(controller.name(), controller.line(), controller.version()),
            out.resolve(controller.name() + ".log"));
        table.write(out);
        System.err.printf(
            "bench: %s took %d s%n",
            controller.name(), (System.nanoTime() - start) / 1_000_000_000);
      }
      settle(server);
      System.err.println("bench: clients list all pods at once");
      new ListTrial(server, load.pods().size()).run(out.resolve("lists.md"));
    }
    System.out.println();
    System.out.print(table.markdown());
  }

  /** Waits until the API server has done what was written before, for half a minute at most. */
  private static void settle(KubernetesServer server) throws Exception {
    for (int i = 0; i < 15; i++) {
      double before = server.cpuMillis();
      TimeUnit.SECONDS.sleep(2);
      if (server.cpuMillis() - before < 200) {
        return;
      }
    }
  }

  private static String firstLine(Path program) throws IOException {
    return new Controller("", List.of(program.toString()), Map.of()).version();
  }
}
