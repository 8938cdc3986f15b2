package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.index.WatchStatus;
import io.netpol.observe.ObjectSources;
import java.util.function.ToDoubleFunction;
import org.apache.camel.CamelContext;

/** Counts the changes of each kind that the routes have not taken yet, or fail for. */
public final class EventMetrics implements MeterBinder {

  private final CamelContext context;

  /** Creates a binder for the sources of an agent, whose routes must be loaded. */
  public EventMetrics(CamelContext context) {
    this.context = context;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    ObjectSources.kinds(context)
        .forEach(
            kind -> {
              gauge(
                  registry,
                  "netpol.events.pending",
                  "Changes of a kind that its route has not processed yet",
                  null,
                  kind,
                  WatchStatus::pending);
              gauge(
                  registry,
                  "netpol.events.failing",
                  "Changes of a kind that its route failed to process; they are sent again",
                  null,
                  kind,
                  WatchStatus::failing);
              gauge(
                  registry,
                  "netpol.events.waited",
                  "Age of the oldest change of a kind that its route has not processed yet",
                  "seconds",
                  kind,
                  status -> status.waited().toMillis() / 1000.0);
              FunctionCounter.builder(
                      "netpol.event.failures", this, all -> all.sum(kind, WatchStatus::failures))
                  .description("Failures of a route to process a change of a kind")
                  .tag("kind", kind)
                  .register(registry);
            });
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String description,
      String unit,
      String kind,
      ToDoubleFunction<WatchStatus> value) {
    Gauge.builder(name, () -> sum(kind, value))
        .description(description)
        .baseUnit(unit)
        .tag("kind", kind)
        .register(registry);
  }

  /** Adds a value of all sources of a kind; usually there is one. */
  private double sum(String kind, ToDoubleFunction<WatchStatus> value) {
    return ObjectSources.status(context).stream()
        .filter(status -> status.kind().equals(kind))
        .mapToDouble(value)
        .sum();
  }
}
