package io.netpol.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Writes a hundred objects a second to the API server: of each ten writes one makes a pod, one
 * gives it its address, two make and delete a pod that never has an address, and six change the
 * status of others. The pods that joined stay until the end, so that a slow controller can see
 * them.
 */
final class WriteLoad implements AutoCloseable {

  /** A pod that joined, when its address was written, and when a packet of it was let through. */
  record Joined(Pod pod, long sent, CompletableFuture<Long> allowed) {}

  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int CYCLE = 10;
  private static final int THREADS = 12;

  private final ComparisonPlan plan;
  private final int firstJoiner;
  private final Random random = new Random(2);
  private final AtomicInteger written = new AtomicInteger();
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final List<Pod> joiners = new ArrayList<>();
  private final List<Future<?>> failures = new ArrayList<>();
  private Future<?> created;
  private Future<?> passing;
  private Pod made;

  WriteLoad(ComparisonPlan plan, int firstJoiner) {
    this.plan = plan;
    this.firstJoiner = firstJoiner;
  }

  /** Writes for its time; returns the pods that joined, before all of their packets are through. */
  List<Joined> run(Function<Pod, CompletableFuture<Long>> whenJoined) throws Exception {
    List<Future<Joined>> joined = new ArrayList<>();
    int count = 100 * plan.runs(20, 8);
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      long due = start + i * STEP_NANOS;
      for (long now; (now = System.nanoTime()) < due; ) {
        LockSupport.parkNanos(due - now);
      }
      switch (i % CYCLE) {
        case 0 -> make(firstJoiner + i / CYCLE);
        case 8 -> {
          Pod pod = made;
          Future<?> before = created;
          joined.add(threads.submit(() -> join(pod, before, whenJoined)));
        }
        case 2 -> {
          Pod pod = passing(i);
          passing = submit(() -> plan.client().create(LoadWriter.scheduled(pod)));
        }
        case 9 -> {
          Pod pod = passing(i - 7);
          Future<?> before = passing;
          submit(
              () -> {
                before.get(1, TimeUnit.MINUTES);
                plan.client().delete(pod);
              });
        }
        default -> changeStatus();
      }
    }
    List<Joined> all = new ArrayList<>();
    for (Future<Joined> each : joined) {
      all.add(each.get(2, TimeUnit.MINUTES));
    }
    for (Future<?> each : failures) {
      each.get(2, TimeUnit.MINUTES);
    }
    return all;
  }

  /** Returns how many writes are done. */
  int written() {
    return written.get();
  }

  private interface Write {
    void run() throws Exception;
  }

  private Future<?> submit(Write write) {
    Callable<Void> call =
        () -> {
          write.run();
          written.incrementAndGet();
          return null;
        };
    Future<?> result = threads.submit(call);
    failures.add(result);
    return result;
  }

  private void make(int index) {
    Pod pod = ProbeTargets.joiner(plan.joined(), index);
    made = pod;
    created = submit(() -> plan.client().create(LoadWriter.scheduled(pod)));
    joiners.add(pod);
  }

  private Pod passing(int index) {
    Pod like = ProbeTargets.joiner(plan.joined(), 0);
    return PodTemplate.scheduled(
        like.getMetadata().getNamespace(),
        "passing-" + index,
        like.getSpec().getNodeName(),
        like.getMetadata().getLabels());
  }

  private Joined join(Pod pod, Future<?> before, Function<Pod, CompletableFuture<Long>> whenJoined)
      throws Exception {
    before.get(1, TimeUnit.MINUTES);
    CompletableFuture<Long> allowed = whenJoined.apply(pod);
    long sent = System.nanoTime();
    plan.client().replaceStatus(pod);
    written.incrementAndGet();
    return new Joined(pod, sent, allowed);
  }

  private void changeStatus() {
    int local = plan.load().load().localPods();
    List<Pod> pods = plan.load().pods();
    Pod pod = pods.get(local + random.nextInt(pods.size() - local));
    Pod changed =
        new PodBuilder(pod)
            .editStatus()
            .editFirstContainerStatus()
            .withRestartCount(random.nextInt(1_000))
            .endContainerStatus()
            .endStatus()
            .build();
    submit(() -> plan.client().replaceStatus(changed));
  }

  /** Deletes the pods that are left. */
  @Override
  public void close() throws Exception {
    threads.shutdown();
    threads.awaitTermination(1, TimeUnit.MINUTES);
    for (Pod pod : joiners) {
      plan.client().delete(pod);
    }
  }
}
