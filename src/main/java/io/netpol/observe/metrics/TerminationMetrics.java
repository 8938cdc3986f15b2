package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.observe.FormerNames;
import io.netpol.route.apply.ConntrackCleanup;
import java.util.function.ToDoubleFunction;

/** Counts the connections that the agent deletes from the conntrack table. */
public final class TerminationMetrics implements MeterBinder {

  private final ConntrackCleanup conntrack;

  /** Creates a binder of what an agent deletes. */
  public TerminationMetrics(ConntrackCleanup conntrack) {
    this.conntrack = conntrack;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    counter(
        registry,
        "netpol.terminated.connections",
        "netpol.cut.connections",
        "Established connections that were terminated because policies no longer allow them",
        ConntrackCleanup::deleted);
    counter(
        registry,
        "netpol.stale.connections.deleted",
        "netpol.left.connections",
        "Conntrack entries that were deleted because the Pod that had their address is gone",
        ConntrackCleanup::deletedOfLeft);
    counter(
        registry,
        "netpol.connection.termination.failures",
        "netpol.cut.failures",
        "Failed attempts to delete connections from the conntrack table; the agent retries them",
        ConntrackCleanup::failures);
  }

  private void counter(
      MeterRegistry registry,
      String name,
      String formerName,
      String description,
      ToDoubleFunction<ConntrackCleanup> count) {
    FunctionCounter.builder(name, conntrack, count).description(description).register(registry);
    FunctionCounter.builder(formerName, conntrack, count)
        .description(FormerNames.description(name + ".total"))
        .register(registry);
  }
}
