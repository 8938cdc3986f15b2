package io.netpol.observe.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.route.apply.BridgeLearning;

/** Counts the pods on a bridge whose port is unknown. */
public final class BridgePortMetrics implements MeterBinder {

  private final BridgeLearning learning;

  /** Creates a binder of what was not learned. */
  public BridgePortMetrics(BridgeLearning learning) {
    this.learning = learning;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("netpol.bridge.pods.unknown", learning, BridgeLearning::unknownPods)
        .description("Pods in the network of a bridge whose bridge port the agent does not know")
        .register(registry);
  }
}
