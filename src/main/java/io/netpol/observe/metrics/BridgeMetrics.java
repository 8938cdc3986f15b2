package io.netpol.observe.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.net.Family;
import io.netpol.observe.health.BridgeHealth;
import java.util.Locale;

/** Counts the bridges on which packets bypass the rules. */
public final class BridgeMetrics implements MeterBinder {

  private final BridgeHealth health;

  /** Creates a binder of what the health check finds. */
  public BridgeMetrics(BridgeHealth health) {
    this.health = health;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Family family : Family.values()) {
      Gauge.builder("netpol.bridges.unfiltered", health, h -> h.bypass(family))
          .description("Bridges with several ports between which packets are not filtered")
          .tag("family", family.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }
}
