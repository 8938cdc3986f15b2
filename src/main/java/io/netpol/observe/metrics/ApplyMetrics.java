package io.netpol.observe.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import io.netpol.route.NetpolHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/** Measures syncs: how long they take, how much they change, and whether they succeed. */
public final class ApplyMetrics implements ApplyListener {

  /** Buckets from an event of the API server to the end of the sync that applies it. */
  private static final Duration[] EVENT_BUCKETS = millis(5, 10, 25, 50, 100, 250, 500);

  private static final double[] BATCH_BUCKETS = {1, 2, 5, 10, 25, 50, 100, 250};

  /** The endpoint at which the routes hand a payload to its tool. */
  private static final String DELIVER = "direct://deliver";

  private final MeterRegistry registry;
  private final Dataplane dataplane;
  private final Timer eventToKernel;
  private final Counter good;
  private final Counter nothing;
  private final Counter failed;
  private final DistributionSummary batchPods;
  private final DistributionSummary batchSets;
  private final Map<KernelTool, Counter> lines = new TreeMap<>();
  private final Map<KernelTool, Counter> bytes = new TreeMap<>();
  private volatile Instant lastGood = Instant.EPOCH;

  /** Registers all meters. */
  public ApplyMetrics(MeterRegistry registry, Dataplane dataplane) {
    this.registry = registry;
    this.dataplane = dataplane;
    eventToKernel =
        Timer.builder("netpol.event.to.kernel")
            .description(
                "Time from the arrival of the oldest event of a sync until the kernel had all of its changes")
            .serviceLevelObjectives(EVENT_BUCKETS)
            .register(registry);
    good = result("good");
    nothing = result("nothing");
    failed = result("failed");
    batchPods = batch("netpol.batch.pods", "Pods of this node that were pending in one sync");
    batchSets = batch("netpol.batch.sets", "Sets whose members were pending in one sync");
    for (KernelTool tool : dataplane.tools()) {
      lines.put(tool, written("netpol.written.lines", "Lines that a tool has accepted", tool));
      bytes.put(tool, written("netpol.written.bytes", "Bytes that a tool has accepted", tool));
      tool.stages().forEach(stage -> stage(tool, stage));
    }
    TimeGauge.builder(
            "netpol.last.good.apply.timestamp",
            () -> lastGood.toEpochMilli() / 1000.0,
            TimeUnit.SECONDS)
        .description("Time of the last successful sync, since 1970; 0 if there was none")
        .register(registry);
  }

  private Counter result(String result) {
    return Counter.builder("netpol.apply")
        .description(
            "Sync attempts by result: good, nothing (the kernel was up to date) or failed (retried)")
        .tag("result", result)
        .register(registry);
  }

  private DistributionSummary batch(String name, String description) {
    return DistributionSummary.builder(name)
        .description(description)
        .serviceLevelObjectives(BATCH_BUCKETS)
        .register(registry);
  }

  private Counter written(String name, String description, KernelTool tool) {
    return Counter.builder(name).description(description).tag("tool", tool.id()).register(registry);
  }

  private Timer stage(KernelTool tool, Stage stage) {
    return Timer.builder("netpol.apply")
        .description("Time that a tool took for one payload, whether it succeeded or failed")
        .tag("tool", tool.id())
        .tag("stage", stage.name().toLowerCase(Locale.ROOT))
        .serviceLevelObjectives(EVENT_BUCKETS)
        .register(registry);
  }

  private static Duration[] millis(long... some) {
    Duration[] buckets = new Duration[some.length + 5];
    for (int i = 0; i < some.length; i++) {
      buckets[i] = Duration.ofMillis(some[i]);
    }
    long[] seconds = {1, 2, 5, 10, 30};
    for (int i = 0; i < seconds.length; i++) {
      buckets[some.length + i] = Duration.ofSeconds(seconds[i]);
    }
    return buckets;
  }

  @Override
  public void applied(Applied applied) {
    lastGood = applied.end();
    if (applied.deliveries().isEmpty()) {
      nothing.increment();
      return;
    }
    good.increment();
    batchPods.record(applied.request().podKeys().size());
    batchSets.record(applied.request().sets().size());
    applied.sinceOldestEvent().ifPresent(eventToKernel::record);
  }

  @Override
  public void failed(Instant when, String why) {
    failed.increment();
  }

  /** Returns a listener of route events, which times each delivery. */
  public SimpleEventNotifierSupport deliveries() {
    SimpleEventNotifierSupport deliveries = new Deliveries();
    // By default an event notifier ignores all events.
    deliveries.setIgnoreExchangeEvents(false);
    deliveries.setIgnoreExchangeSendingEvents(false);
    deliveries.setIgnoreExchangeSentEvents(false);
    return deliveries;
  }

  private final class Deliveries extends SimpleEventNotifierSupport {

    private static final String START = "NetpolDeliveryStart";

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof ExchangeSendingEvent sending
          && DELIVER.equals(sending.getEndpoint().getEndpointUri())) {
        sending.getExchange().setProperty(START, System.nanoTime());
      } else if (event instanceof ExchangeSentEvent sent
          && DELIVER.equals(sent.getEndpoint().getEndpointUri())) {
        ended(sent.getExchange());
      }
    }

    private void ended(Exchange exchange) {
      Long start = exchange.getProperty(START, Long.class);
      Transaction delivery = exchange.getVariable(NetpolHeaders.DELIVERY, Transaction.class);
      if (start == null || delivery == null) {
        return;
      }
      stage(delivery.tool(), delivery.stage())
          .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
      KernelTool tool = delivery.tool();
      if (dataplane.isConfirmed(delivery) && lines.containsKey(tool)) {
        lines.get(tool).increment(delivery.lines());
        bytes.get(tool).increment(delivery.bytes());
      }
    }
  }
}
