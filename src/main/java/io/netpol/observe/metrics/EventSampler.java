package io.netpol.observe.metrics;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.traces.ConfigurableSamplerProvider;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;

/**
 * Samples the traces that begin with an event of the API server, and none that a timer or a request
 * begins. OpenTelemetry's SDK finds it by the name {@value #NAME} where the SDK is in {@code
 * lib/ext}; nothing else loads it.
 */
public final class EventSampler implements ConfigurableSamplerProvider {

  /** The value of {@code OTEL_TRACES_SAMPLER}. */
  static final String NAME = "netpol-events";

  /** How Camel names the first span of an event: as the component that its route consumes. */
  private static final String EVENT = "kubernetes-";

  @Override
  public String getName() {
    return NAME;
  }

  @Override
  public Sampler createSampler(ConfigProperties config) {
    return Sampler.parentBased(new Events());
  }

  private static final class Events implements Sampler {

    @Override
    public SamplingResult shouldSample(
        Context parent,
        String traceId,
        String name,
        SpanKind kind,
        Attributes attributes,
        List<LinkData> links) {
      return name.startsWith(EVENT) ? SamplingResult.recordAndSample() : SamplingResult.drop();
    }

    @Override
    public String getDescription() {
      return NAME;
    }
  }
}
