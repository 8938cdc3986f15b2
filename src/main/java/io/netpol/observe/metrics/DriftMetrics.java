package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.route.apply.ResyncScheduler;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Counts drift: what another program changed of the agent's rules and sets, found and repaired. */
public final class DriftMetrics implements MeterBinder {

  private final ResyncScheduler resync;
  private final List<KernelTool> tools;

  /**
   * Creates a binder of an agent's checks.
   *
   * @param tools the tools that read the kernel
   */
  public DriftMetrics(ResyncScheduler resync, Collection<KernelTool> tools) {
    this.tools = List.copyOf(tools);
    this.resync = resync;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Drift.What what : Drift.What.values()) {
      String tag = what.name().toLowerCase(Locale.ROOT);
      FunctionCounter.builder("netpol.drift.found", resync, c -> c.drift(what))
          .description("Chains, jumps and sets of the agent that another program had changed")
          .tag("what", tag)
          .register(registry);
      FunctionCounter.builder("netpol.drift.repaired", resync, c -> c.repaired(what))
          .description("Changed chains, jumps and sets that the agent has repaired")
          .tag("what", tag)
          .register(registry);
    }
    for (KernelTool tool : tools) {
      Gauge.builder(
              "netpol.kernel.unreadable", resync, c -> c.unreadable().containsKey(tool) ? 1 : 0)
          .description("1 while the agent cannot read what the tool lists, else 0")
          .tag("tool", tool.id())
          .register(registry);
    }
    Gauge.builder("netpol.repairs.stopped", resync, c -> c.stopped().size())
        .description(
            "Repairs that the agent stopped because a tool lists a rule otherwise than it was written")
        .register(registry);
  }
}
