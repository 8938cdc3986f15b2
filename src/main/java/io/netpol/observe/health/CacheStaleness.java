package io.netpol.observe.health;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.index.WatchStatus;
import io.netpol.observe.FormerNames;
import io.netpol.observe.ObjectSources;
import org.apache.camel.CamelContext;

/**
 * Measures how stale the cache of each kind is: the time since it was last known to match the API
 * server, as the metric {@value #NAME}.
 */
public final class CacheStaleness implements MeterBinder {

  /** In seconds, with the tag {@code kind}; the stalest of several sources of one kind. */
  static final String NAME = "netpol.cache.staleness";

  private static final String FORMER_NAME = "netpol.view.age";

  private final CamelContext context;

  /** Creates a binder for the sources of an agent, whose routes must be loaded. */
  public CacheStaleness(CamelContext context) {
    this.context = context;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    ObjectSources.kinds(context)
        .forEach(
            kind -> {
              gauge(
                  registry,
                  NAME,
                  "Seconds since the cache of a kind was last known to be up to date",
                  kind);
              gauge(registry, FORMER_NAME, FormerNames.description(NAME + ".seconds"), kind);
            });
  }

  private void gauge(MeterRegistry registry, String name, String description, String kind) {
    Gauge.builder(name, () -> seconds(kind))
        .description(description)
        .baseUnit("seconds")
        .tag("kind", kind)
        .register(registry);
  }

  private double seconds(String kind) {
    return ObjectSources.status(context).stream()
        .filter(status -> status.kind().equals(kind))
        .map(WatchStatus::age)
        .mapToDouble(staleness -> staleness.toMillis() / 1000.0)
        .max()
        .orElse(Double.NaN);
  }
}
