package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.index.WatchStatus;
import io.netpol.observe.FormerNames;
import io.netpol.observe.ObjectSources;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.apache.camel.CamelContext;

/**
 * Measures for each watched kind how stale its cache is, and counts the changes that its route has
 * not taken yet, or fails for.
 */
public final class WatchMetrics implements MeterBinder {

  private static final String STALENESS = "netpol.cache.staleness";

  private final CamelContext context;

  /** Creates a binder for the sources of an agent, whose routes must be loaded. */
  public WatchMetrics(CamelContext context) {
    this.context = context;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    ObjectSources.kinds(context).forEach(kind -> bind(registry, kind));
  }

  private void bind(MeterRegistry registry, String kind) {
    seconds(kind, STALENESS, WatchStatus::age)
        .description("Seconds since the cache of a kind was last known to be up to date")
        .register(registry);
    seconds(kind, "netpol.view.age", WatchStatus::age)
        .description(FormerNames.description(STALENESS + ".seconds"))
        .register(registry);
    seconds(kind, "netpol.events.waited", WatchStatus::waited)
        .description("Age of the oldest change of a kind that its route has not processed yet")
        .register(registry);
    Gauge.builder("netpol.events.pending", () -> values(kind, WatchStatus::pending).sum())
        .description("Changes of a kind that its route has not processed yet")
        .tag("kind", kind)
        .register(registry);
    Gauge.builder("netpol.events.failing", () -> values(kind, WatchStatus::failing).sum())
        .description("Changes of a kind that its route failed to process; they are sent again")
        .tag("kind", kind)
        .register(registry);
    FunctionCounter.builder(
            "netpol.event.failures",
            this,
            metrics -> metrics.values(kind, WatchStatus::failures).sum())
        .description("Failures of a route to process a change of a kind")
        .tag("kind", kind)
        .register(registry);
  }

  /** Makes a gauge of the longest time of all sources of a kind; usually there is one source. */
  private Gauge.Builder<?> seconds(String kind, String name, Function<WatchStatus, Duration> time) {
    return Gauge.builder(
            name,
            () ->
                values(kind, status -> time.apply(status).toMillis() / 1000.0)
                    .max()
                    .orElse(Double.NaN))
        .baseUnit("seconds")
        .tag("kind", kind);
  }

  private DoubleStream values(String kind, Function<WatchStatus, Number> value) {
    return ObjectSources.status(context).stream()
        .filter(status -> status.kind().equals(kind))
        .map(value)
        .mapToDouble(Number::doubleValue);
  }
}
