package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.route.deadletter.DeadLetters;

/** Counts dead letters. */
public final class LetterMetrics implements MeterBinder {

  private final DeadLetters letters;

  /** Creates a binder of an agent's letters. */
  public LetterMetrics(DeadLetters letters) {
    this.letters = letters;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("netpol.dead.letters", letters, l -> l.letters().size())
        .description("Dead letters: changes that currently cannot be applied")
        .register(registry);
    FunctionCounter.builder("netpol.dead.letters.unwritten", letters, DeadLetters::unwritten)
        .description("Dead letters whose file could not be written")
        .register(registry);
    FunctionCounter.builder("netpol.dead.letters.dropped", letters, DeadLetters::dropped)
        .description("Dead letter files that were removed because there were too many")
        .register(registry);
  }
}
