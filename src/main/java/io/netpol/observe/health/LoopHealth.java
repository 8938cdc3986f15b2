package io.netpol.observe.health;

import io.netpol.index.WatchStatus;
import io.netpol.observe.ApplyExecutor;
import io.netpol.observe.ObjectSources;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Reports liveness: the agent makes progress with pending syncs and changes.
 *
 * <p>The check stays up if the API server is unreachable, the kernel refuses rules or a sync is
 * slow, because a restart would not help (<a
 * href="https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/">probes</a>).
 */
public final class LoopHealth extends AbstractHealthCheck {

  private final ApplyExecutor executor;
  private final Duration limit;

  /**
   * Creates the check of an agent.
   *
   * @param limit how long progress may take, longer than any command may run
   */
  public LoopHealth(ApplyExecutor executor, Duration limit) {
    super("netpol", "loop");
    this.executor = executor;
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
    Duration stuck = executor.stuck();
    builder.detail("applier-idle-seconds", stuck.toSeconds());
    if (isStuck(stuck)) {
      builder.message("a sync has made no progress for " + stuck.toSeconds() + " s").down();
    }
    for (WatchStatus status : ObjectSources.status(getCamelContext())) {
      if (isStuck(status.stuck())) {
        builder
            .message(
                String.format(
                    Locale.ROOT,
                    "changes of kind %s have not been processed for %d s",
                    status.kind(),
                    status.stuck().toSeconds()))
            .down();
      }
    }
  }

  private boolean isStuck(Duration stuck) {
    return stuck.compareTo(limit) > 0;
  }
}
