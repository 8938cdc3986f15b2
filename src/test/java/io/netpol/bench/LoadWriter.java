package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Writes the objects of a load to an API server, many at a time, and says how far it is. */
final class LoadWriter {

  private static final int AT_A_TIME = 24;
  private static final int PROGRESS_SECONDS = 10;
  private static final int LIMIT_MINUTES = 20;

  private final ApiClient client;

  LoadWriter(ApiClient client) {
    this.client = client;
  }

  /** One object, and what it is written with. */
  private interface Write {
    void run(HasMetadata object) throws Exception;
  }

  void write(GeneratedLoad load) throws Exception {
    List<Node> nodes = nodes(load);
    all("nodes", nodes, this::withStatus);
    all("namespaces", load.namespaces(), client::create);
    all("policies", load.policies(), client::create);
    all("pods", load.pods(), this::withStatus);
  }

  /** Returns the load's node, and one for each further node name of its pods. */
  static List<Node> nodes(GeneratedLoad load) {
    List<Node> nodes = new ArrayList<>(List.of(load.node()));
    List<String> names =
        load.pods().stream()
            .map(pod -> pod.getSpec().getNodeName())
            .filter(name -> !name.equals(Load.NODE))
            .distinct()
            .toList();
    for (String name : names) {
      nodes.add(
          new NodeBuilder()
              .withNewMetadata()
              .withName(name)
              .endMetadata()
              .withNewStatus()
              .addNewAddress(PodTemplate.nodeAddress(name), "InternalIP")
              .endStatus()
              .build());
    }
    return nodes;
  }

  private void withStatus(HasMetadata object) throws Exception {
    client.create(object);
    client.replaceStatus(object);
  }

  private void all(String what, List<? extends HasMetadata> objects, Write write) throws Exception {
    long start = System.nanoTime();
    AtomicInteger next = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME);
    try {
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < AT_A_TIME; i++) {
        work.add(
            threads.submit(
                () -> {
                  for (int index; (index = next.getAndIncrement()) < objects.size(); ) {
                    write.run(objects.get(index));
                  }
                  return null;
                }));
      }
      for (Future<?> each : work) {
        await(each, what, next, objects.size(), start);
      }
    } finally {
      threads.shutdownNow();
    }
    System.err.printf(
        "bench: %,d %s written in %d s%n",
        objects.size(), what, (System.nanoTime() - start) / 1_000_000_000);
  }

  private static void await(Future<?> work, String what, AtomicInteger next, int all, long start)
      throws Exception {
    while (true) {
      try {
        work.get(PROGRESS_SECONDS, TimeUnit.SECONDS);
        return;
      } catch (TimeoutException e) {
        if (System.nanoTime() - start > TimeUnit.MINUTES.toNanos(LIMIT_MINUTES)) {
          throw e;
        }
        System.err.printf("bench: writing %s: %,d of %,d%n", what, next.get(), all);
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Exception failed ? failed : e;
      }
    }
  }

  /** Returns a pod as it was before it had an address. */
  static Pod scheduled(Pod pod) {
    return PodTemplate.scheduled(
        pod.getMetadata().getNamespace(),
        pod.getMetadata().getName(),
        pod.getSpec().getNodeName(),
        pod.getMetadata().getLabels());
  }
}
