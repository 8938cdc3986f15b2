package io.netpol.observe;

import io.netpol.route.ConntrackCleanup;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Says in readiness why tracked connections cannot be deleted. It is up all the same: rules are
 * applied without conntrack.
 */
public final class ConntrackHealth extends AbstractHealthCheck {

  private final ConntrackCleanup cut;

  /** Looks at what one agent deletes. */
  public ConntrackHealth(ConntrackCleanup cut) {
    super("netpol", "conntrack");
    this.cut = cut;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    builder.up();
    cut.problem().ifPresent(problem -> builder.detail("not-deleted", problem));
  }
}
