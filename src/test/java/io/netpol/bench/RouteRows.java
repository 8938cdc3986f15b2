package io.netpol.bench;

import com.sun.management.ThreadMXBean;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.netpol.cli.InProcessAgent;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Events that mean nothing here, through the routes of an agent in this JVM, by one thread. */
final class RouteRows {

  private static final int EVENTS_A_RUN = 50_000;
  private static final int ROUNDS = 100;

  private final Plan plan;

  RouteRows(Plan plan) {
    this.plan = plan;
  }

  void run(Results results) throws Exception {
    GeneratedLoad load = GeneratedLoad.of(plan.standard());
    Path folder = Files.createTempDirectory("netpol-bench-routes-");
    try (ApiServer server = ApiServer.start(load);
        InProcessAgent agent = new InProcessAgent(server.kubeconfig(), Load.NODE, folder)) {
      String before = settled(agent);
      List<Pod> events = events(load);
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      Samples rate = new Samples();
      Samples bare = new Samples();
      Samples allocated = new Samples();
      Samples processor = new Samples();
      send(agent::modified, events, EVENTS_A_RUN * plan.runs(8, 4));
      send(agent::throughBareRoutes, events, EVENTS_A_RUN * plan.runs(4, 2));
      long live = live();
      int runs = plan.runs(15, 7);
      for (int i = 0; i < runs; i++) {
        long bytes = threads.getCurrentThreadAllocatedBytes();
        long cpu = threads.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        send(agent::modified, events, EVENTS_A_RUN);
        processor.add((threads.getCurrentThreadCpuTime() - cpu) / 1e3 / EVENTS_A_RUN);
        rate.add(EVENTS_A_RUN * 1e9 / (System.nanoTime() - start));
        allocated.add((threads.getCurrentThreadAllocatedBytes() - bytes) / (double) EVENTS_A_RUN);
        long bareStart = System.nanoTime();
        send(agent::throughBareRoutes, events, EVENTS_A_RUN);
        bare.add(EVENTS_A_RUN * 1e9 / (System.nanoTime() - bareStart));
      }
      double stays = (live() - live) / (double) (runs * EVENTS_A_RUN);
      boolean quiet = agent.delivered().equals(before);
      results.add(
          Result.of("no-op", "events without effect, one thread", "/s", rate)
              .against(bare)
              .with("toolsStarted", !quiet)
              .reaching("≥ 50,000/s and no process", rate.median() >= 50_000 && quiet));
      results.add(Result.of("no-op-cpu", "  CPU per event", "µs", processor));
      results.add(Result.of("no-op-garbage", "  garbage per event", "bytes", allocated));
      results.add(
          Result.of("no-op-stays", "  retained", "bytes", stays).reaching("nothing", stays < 1));
    }
  }

  /** Waits until the first apply is over. */
  private static String settled(InProcessAgent agent) throws Exception {
    String last = "";
    for (int i = 0; i < 300; i++) {
      TimeUnit.MILLISECONDS.sleep(500);
      String now = agent.delivered();
      if (!now.isEmpty() && now.equals(last)) {
        return now;
      }
      last = now;
    }
    throw new IllegalStateException("the agent in this JVM never applied anything");
  }

  /** Changes of status, of annotations, and of a pod without any label that a selector names. */
  private static List<Pod> events(GeneratedLoad load) {
    List<Pod> events = new ArrayList<>();
    Pod stranger =
        PodTemplate.running(
            "kube-system", "stranger-0", "node-1", java.util.Map.of("app", "none"), "10.250.0.1");
    int local = load.load().localPods();
    for (int i = 0; i < ROUNDS; i++) {
      Pod pod = load.pods().get(local + i * 7);
      events.add(
          new PodBuilder(pod)
              .editStatus()
              .editFirstContainerStatus()
              .withRestartCount(i)
              .endContainerStatus()
              .endStatus()
              .build());
      events.add(
          new PodBuilder(pod)
              .editMetadata()
              .addToAnnotations("example.com/beat", Integer.toString(i))
              .endMetadata()
              .build());
      events.add(
          new PodBuilder(stranger)
              .editMetadata()
              .addToLabels("beat", Integer.toString(i))
              .endMetadata()
              .build());
    }
    return events;
  }

  private interface Way {
    void send(Pod pod) throws Exception;
  }

  private static void send(Way way, List<Pod> events, int number) throws Exception {
    for (int i = 0; i < number; i++) {
      way.send(events.get(i % events.size()));
    }
  }

  private static long live() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(100);
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
