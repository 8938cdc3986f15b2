package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.route.apply.ToolFailures;
import java.util.stream.Stream;

/** Counts the failed runs of tools. */
public final class ToolMetrics implements MeterBinder {

  private final ToolFailures failures;

  /** Creates a binder for the tools of an agent. */
  public ToolMetrics(ToolFailures failures) {
    this.failures = failures;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Stream.concat(ToolFailures.TOOLS.stream(), Stream.of(ToolFailures.OTHER))
        .forEach(
            tool ->
                FunctionCounter.builder("netpol.tool.failures", failures, f -> f.of(tool))
                    .description(
                        "Failed runs of a tool: it is missing, timed out, or exited with an error")
                    .tag("tool", tool)
                    .register(registry));
  }
}
