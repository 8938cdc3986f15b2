package io.netpol.cli;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netpol.observe.metrics.ApplyMetrics;
import io.netpol.observe.metrics.BridgeMetrics;
import io.netpol.observe.metrics.BridgePortMetrics;
import io.netpol.observe.metrics.DriftMetrics;
import io.netpol.observe.metrics.LetterMetrics;
import io.netpol.observe.metrics.NodeMetrics;
import io.netpol.observe.metrics.PacketCounters;
import io.netpol.observe.metrics.RouteMetrics;
import io.netpol.observe.metrics.TerminationMetrics;
import io.netpol.observe.metrics.ToolMetrics;
import io.netpol.observe.metrics.WatchMetrics;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;

/** Binds the registry of all metrics, Camel's own too, and what counts. */
final class MetricsConfiguration {

  @BindToRegistry("metricsRegistry")
  final MeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @BindToRegistry final PacketCounters counters;

  /** For a context that is not configured yet. */
  MetricsConfiguration(
      Settings settings,
      KnowledgeConfiguration knowledge,
      DeadLetterConfiguration letters,
      ApplyConfiguration applying,
      HealthConfiguration health,
      CamelContext context)
      throws Exception {
    ApplyMetrics applies = new ApplyMetrics(meters, knowledge.dataplane);
    applying.apply.listen(applies);
    context.getManagementStrategy().addEventNotifier(applies.deliveries());
    new NodeMetrics(knowledge.cluster, knowledge.dataplane, settings.renderOptions().families())
        .bindTo(meters);
    counters =
        new PacketCounters(
            meters, knowledge.cluster, knowledge.dataplane, settings.isOn(Setting.COUNTERS));
    new DriftMetrics(applying.apply.resyncScheduler(), knowledge.dataplane.tools()).bindTo(meters);
    new BridgeMetrics(health.bridge).bindTo(meters);
    new BridgePortMetrics(knowledge.bridgeLearning).bindTo(meters);
    new TerminationMetrics(applying.connections).bindTo(meters);
    new ToolMetrics(applying.toolFailures).bindTo(meters);
    new LetterMetrics(letters.deadLetters).bindTo(meters);
    context.addStartupListener(new RoutesAndSources());
  }

  /** Binds the metrics of routes and sources, which exist only in the started context. */
  private final class RoutesAndSources implements StartupListener {

    /** Camel calls this at the start, and again each time that routes are added. */
    @Override
    public void onCamelContextStarted(CamelContext started, boolean alreadyStarted) {
      new RouteMetrics(started).bindTo(meters);
    }

    /** Camel calls this once. */
    @Override
    public void onCamelContextFullyStarted(CamelContext started, boolean alreadyStarted) {
      new WatchMetrics(started).bindTo(meters);
    }
  }
}
