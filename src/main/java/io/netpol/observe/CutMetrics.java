package io.netpol.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.route.ConntrackCleanup;

/** Counts the tracked connections that are deleted. */
public final class CutMetrics implements MeterBinder {

  private final ConntrackCleanup conntrack;

  /** Creates a binder of what an agent deletes. */
  public CutMetrics(ConntrackCleanup conntrack) {
    this.conntrack = conntrack;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    FunctionCounter.builder("netpol.cut.connections", conntrack, ConntrackCleanup::deleted)
        .description("Tracked connections that were deleted because they are no longer allowed")
        .register(registry);
    FunctionCounter.builder("netpol.left.connections", conntrack, ConntrackCleanup::deletedOfLeft)
        .description("Tracked connections that were deleted because a pod has left its address")
        .register(registry);
    FunctionCounter.builder("netpol.cut.failures", conntrack, ConntrackCleanup::failures)
        .description("Rounds in which not all connections could be deleted; they are tried again")
        .register(registry);
  }
}
