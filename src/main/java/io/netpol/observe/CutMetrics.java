package io.netpol.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.route.ConntrackCleanup;

/** The metrics of tracked connections that are deleted. */
public final class CutMetrics implements MeterBinder {

  private final ConntrackCleanup cut;

  /** Looks at what one agent cuts. */
  public CutMetrics(ConntrackCleanup cut) {
    this.cut = cut;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    FunctionCounter.builder("netpol.cut.connections", cut, ConntrackCleanup::deleted)
        .description("Tracked connections that were deleted because they are no longer allowed")
        .register(registry);
    FunctionCounter.builder("netpol.left.connections", cut, ConntrackCleanup::deletedOfLeft)
        .description("Tracked connections that were deleted because a pod has left its address")
        .register(registry);
    FunctionCounter.builder("netpol.cut.failures", cut, ConntrackCleanup::failures)
        .description("Rounds in which not all connections could be deleted; they are tried again")
        .register(registry);
  }
}
