package io.netpol.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.iptables.Drift;
import io.netpol.route.Apply;
import java.util.Locale;

/** The metrics of what somebody else changed of ours in the kernel: found, and repaired. */
public final class DriftMetrics implements MeterBinder {

  private final Apply apply;

  /** Looks at the applies of one agent. */
  public DriftMetrics(Apply apply) {
    this.apply = apply;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Drift.What what : Drift.What.values()) {
      String tag = what.name().toLowerCase(Locale.ROOT);
      FunctionCounter.builder("netpol.drift.found", apply, a -> a.drift(what))
          .description("Chains, jumps and sets of ours that somebody else had changed")
          .tag("what", tag)
          .register(registry);
      FunctionCounter.builder("netpol.drift.repaired", apply, a -> a.repaired(what))
          .description("Those of them that are as they should be again")
          .tag("what", tag)
          .register(registry);
    }
  }
}
