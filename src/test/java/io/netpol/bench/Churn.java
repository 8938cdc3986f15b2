package io.netpol.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A busy cluster: so many pod events a second for a while. Half of them change nothing but a
 * status; the others are pods of other nodes that are made, get an address and go. Every twentieth
 * of a second one of them is a pod that joins three sets of this node, and is looked for in the
 * kernel.
 */
final class Churn {

  private static final int MARKERS_A_SECOND = 20;
  private static final int ALIVE = 500;
  private static final long LIMIT_NANOS = Duration.ofSeconds(20).toNanos();

  private record Marker(Pod pod, List<String> lines, long sent) {}

  private final Rig rig;
  private final EventLatencies latencies;
  private final Random random = new Random(7);
  private final Deque<Pod> alive = new ArrayDeque<>();
  private final ConcurrentLinkedQueue<Marker> sent = new ConcurrentLinkedQueue<>();
  private final Samples millis = new Samples();
  private final Samples events = new Samples();
  private int count;
  private volatile boolean done;

  Churn(Rig rig, EventLatencies latencies) {
    this.rig = rig;
    this.latencies = latencies;
  }

  /** From event to kernel, in milliseconds, for each pod that was looked for. */
  Samples latencies() {
    return millis;
  }

  /** How many events were really sent in each second. */
  Samples eventsASecond() {
    return events;
  }

  /** Sends, and returns when the last pod that is looked for was found. */
  void run(int eventsASecond, Duration length) throws Exception {
    Pod template = latencies.joiner(0);
    String address = template.getStatus().getPodIP();
    List<String> lines = new ArrayList<>();
    for (Expected.Payload payload : rig.expected.putAndDeliver(template)) {
      payload.lines().forEach(line -> lines.add(line.replace(address, "ADDRESS")));
    }
    rig.expected.removeAndDeliver(template);
    Thread watcher = new Thread(this::watch, "churn watch");
    watcher.start();
    try {
      send(eventsASecond, length, lines);
    } finally {
      done = true;
      watcher.join();
    }
  }

  private void send(int eventsASecond, Duration length, List<String> lines) throws Exception {
    long start = System.nanoTime();
    long step = 1_000_000_000L / eventsASecond;
    long total = length.toMillis() * eventsASecond / 1_000;
    int markerEvery = eventsASecond / MARKERS_A_SECOND;
    long secondStart = start;
    long inSecond = 0;
    for (long i = 0; i < total; i++) {
      long due = start + i * step;
      for (long now; (now = System.nanoTime()) < due; ) {
        LockSupport.parkNanos(due - now);
      }
      if (i % markerEvery == 0) {
        Pod pod = latencies.joiner(20_000 + (int) (i / markerEvery));
        rig.server.added(before(pod));
        long at = rig.server.modified(pod).get();
        List<String> itsLines =
            lines.stream()
                .map(line -> line.replace("ADDRESS", pod.getStatus().getPodIP()))
                .toList();
        sent.add(new Marker(pod, itsLines, at));
        i++; // these were two
      } else if (i % 2 == 0) {
        statusOnly();
      } else {
        lifecycle();
      }
      inSecond++;
      if (System.nanoTime() - secondStart > 1_000_000_000L) {
        events.add(inSecond * 1e9 / (System.nanoTime() - secondStart));
        secondStart = System.nanoTime();
        inSecond = 0;
      }
    }
  }

  private void statusOnly() {
    List<Pod> pods = rig.load.pods();
    Pod pod = pods.get(random.nextInt(pods.size()));
    rig.server.modified(
        new PodBuilder(pod)
            .editStatus()
            .editFirstContainerStatus()
            .withRestartCount(random.nextInt(1_000))
            .endContainerStatus()
            .endStatus()
            .build());
  }

  private void lifecycle() {
    int phase = count++ % 3;
    if (phase == 0) {
      alive.add(rig.load.templates().pod(2_000_000 + count));
      rig.server.added(before(alive.getLast()));
    } else if (phase == 1) {
      rig.server.modified(alive.getLast());
    } else if (alive.size() > ALIVE) {
      rig.server.deleted(alive.remove());
    } else {
      statusOnly();
    }
  }

  private static Pod before(Pod pod) {
    return PodTemplate.scheduled(
        pod.getMetadata().getNamespace(),
        pod.getMetadata().getName(),
        pod.getSpec().getNodeName(),
        pod.getMetadata().getLabels());
  }

  private void watch() {
    List<Marker> waiting = new ArrayList<>();
    try {
      while (!done || !sent.isEmpty() || !waiting.isEmpty()) {
        for (Marker next; (next = sent.poll()) != null; ) {
          waiting.add(next);
        }
        for (Iterator<Marker> each = waiting.iterator(); each.hasNext(); ) {
          Marker marker = each.next();
          boolean there = true;
          for (String line : marker.lines()) {
            String[] words = line.split(" ");
            there = there && rig.sets().has(words[1], words[2]);
          }
          long took = System.nanoTime() - marker.sent();
          if (there || took > LIMIT_NANOS) {
            millis.add(took / 1e6);
            each.remove();
            rig.server.deleted(marker.pod());
          }
        }
        LockSupport.parkNanos(500_000);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
