package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whoever asks while events come in and applies are delivered gets an answer of one moment: never
 * an exception, and never a pod of which half is there.
 */
class DataplaneThreadsTest {

  private static final int APPLIES = 400;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Cluster cluster = new Cluster(RandomCluster.NODE, DefaultIsolation.OFF);
  private final Dataplane dataplane = IptablesDataplane.unread(cluster, RenderOptions.DEFAULT);
  private final AtomicBoolean done = new AtomicBoolean();

  @AfterEach
  void stop() throws InterruptedException {
    done.set(true);
    threads.shutdownNow();
    assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
  }

  @Tag("stress")
  @Test
  void readersSeeNoHalfApply() throws Exception {
    RandomCluster make = new RandomCluster(new Random(1));
    for (int i = 0; i < 30; i++) {
      cluster.put(make.namespace());
      cluster.put(make.pod());
      cluster.put(make.policy());
    }
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    KernelSnapshot read =
        new ReadKernel(
            Map.of(
                IptablesTools.IPSET,
                Listings.empty(IptablesTools.IPSET),
                IptablesTools.IPTABLES,
                Listings.empty(IptablesTools.IPTABLES)));
    AtomicLong answers = new AtomicLong();
    List<Future<?>> running = new ArrayList<>();
    running.add(threads.submit(() -> events(new RandomCluster(new Random(2)))));
    for (Runnable reader :
        List.<Runnable>of(
            () -> assertThat(dataplane.desiredText()).contains("COMMIT"),
            this::podRulesAreWhole,
            () ->
                cluster
                    .localPods()
                    .forEach(
                        pod -> dataplane.isProgrammed(new PodInFamily(pod, Family.IPV4), read)),
            () -> dataplane.expand(ReconcileRequest.wanted("reader")),
            () -> dataplane.stoppedRepairs())) {
      running.add(
          threads.submit(
              () -> {
                while (!done.get()) {
                  reader.run();
                  answers.incrementAndGet();
                }
              }));
    }
    try {
      for (int i = 0; i < APPLIES; i++) {
        apply(i);
      }
    } finally {
      done.set(true);
    }
    for (Future<?> each : running) {
      each.get(1, TimeUnit.MINUTES); // throws what was thrown there
    }
    assertThat(answers.get()).isGreaterThan(running.size());
  }

  private void apply(int number) {
    ReconcileRequest work = ReconcileRequest.everything("apply", IptablesTools.ALL);
    for (KernelTool tool : dataplane.stale(work)) {
      dataplane.observe(tool, Listings.empty(tool));
    }
    ApplyPlan attempt = dataplane.plan(work, Set.of());
    attempt.transactions().forEach(dataplane::confirm);
    if (number % 5 == 4) {
      attempt.abandon();
    } else {
      attempt.finish();
    }
  }

  private void events(RandomCluster make) {
    while (!done.get()) {
      cluster.put(make.pod());
      cluster.put(make.policy());
      cluster.remove(Kind.POD, new ObjectKey("a", "pod-1"));
    }
  }

  private void podRulesAreWhole() {
    dataplane
        .enforced()
        .values()
        .forEach(
            rules ->
                rules.forEach(
                    (pod, has) ->
                        has.chains()
                            .forEach(
                                (direction, chain) ->
                                    assertThat(chain.rules()).as(chain.name()).isPositive())));
  }
}
