package io.netpol.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.index.WatchStatus;
import java.time.Duration;
import org.apache.camel.CamelContext;

/**
 * The metric {@value #NAME}: how long ago each kind of object was last known to be seen as the API
 * server has it.
 */
public final class CacheStaleness implements MeterBinder {

  /** In seconds, with the tag {@code kind}; of several sources of one kind the oldest. */
  static final String NAME = "netpol.cache.staleness";

  private static final String FORMER_NAME = "netpol.view.age";

  private final CamelContext context;

  /** Looks at the sources of one agent, whose routes must be loaded. */
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
                  "Seconds since what is known of a kind was known to be current",
                  kind);
              gauge(
                  registry,
                  FORMER_NAME,
                  "What " + NAME + " is called until the next version",
                  kind);
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
        .filter(view -> view.kind().equals(kind))
        .map(WatchStatus::age)
        .mapToDouble(CacheStaleness::seconds)
        .max()
        .orElse(Double.NaN);
  }

  private static double seconds(Duration age) {
    return age.toMillis() / 1000.0;
  }
}
