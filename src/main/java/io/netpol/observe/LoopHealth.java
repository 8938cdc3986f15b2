package io.netpol.observe;

import io.netpol.index.WatchStatus;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Liveness: the loop turns. What is due is being applied, and changes are handed on.
 *
 * <p>An API server that is away, a kernel that refuses, and an apply that is slow leave it up: a
 * restart would help with none of them.
 */
public final class LoopHealth extends AbstractHealthCheck {

  private final ApplyExecutor applier;
  private final Duration limit;

  /**
   * Looks at the loops of one agent.
   *
   * @param limit how long a loop may stand still, longer than any command may take
   */
  public LoopHealth(ApplyExecutor applier, Duration limit) {
    super("netpol", "loop");
    this.applier = applier;
    this.limit = limit;
  }

  @Override
  public boolean isLiveness() {
    return true;
  }

  @Override
  public boolean isReadiness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    builder.up();
    Duration apply = applier.stuck();
    builder.detail("applier-idle-seconds", apply.toSeconds());
    if (isStuck(apply)) {
      builder.message("an apply has not got on for " + apply.toSeconds() + " s").down();
    }
    for (WatchStatus view : ObjectSources.status(getCamelContext())) {
      if (isStuck(view.stuck())) {
        builder
            .message(
                String.format(
                    Locale.ROOT,
                    "changes of kind %s have not been handed on for %d s",
                    view.kind(),
                    view.stuck().toSeconds()))
            .down();
      }
    }
  }

  private boolean isStuck(Duration stuck) {
    return stuck.compareTo(limit) > 0;
  }
}
