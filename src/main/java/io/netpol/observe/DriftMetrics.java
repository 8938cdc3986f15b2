package io.netpol.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.route.ResyncScheduler;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The metrics of what somebody else changed of ours in the kernel: found, and repaired. */
public final class DriftMetrics implements MeterBinder {

  private final ResyncScheduler checks;
  private final List<KernelTool> tools;

  /**
   * Looks at the checks of one agent.
   *
   * @param tools by which the kernel is read
   */
  public DriftMetrics(ResyncScheduler checks, Collection<KernelTool> tools) {
    this.tools = List.copyOf(tools);
    this.checks = checks;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Drift.What what : Drift.What.values()) {
      String tag = what.name().toLowerCase(Locale.ROOT);
      FunctionCounter.builder("netpol.drift.found", checks, c -> c.drift(what))
          .description("Chains, jumps and sets of ours that somebody else had changed")
          .tag("what", tag)
          .register(registry);
      FunctionCounter.builder("netpol.drift.repaired", checks, c -> c.repaired(what))
          .description("Those of them that are as they should be again")
          .tag("what", tag)
          .register(registry);
    }
    for (KernelTool tool : tools) {
      Gauge.builder(
              "netpol.kernel.unreadable", checks, c -> c.unreadable().containsKey(tool) ? 1 : 0)
          .description("Whether what the tool prints of the kernel cannot be read (1)")
          .tag("tool", tool.id())
          .register(registry);
    }
    Gauge.builder("netpol.repairs.stopped", checks, c -> c.stopped().size())
        .description("Repairs given up, as the tool prints a rule otherwise than it is written")
        .register(registry);
  }
}
