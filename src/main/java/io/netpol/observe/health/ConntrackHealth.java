package io.netpol.observe.health;

import io.netpol.route.apply.ConntrackCleanup;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Reports why tracked connections cannot be deleted, as a detail of readiness. The check stays up,
 * because rules are applied without conntrack.
 */
public final class ConntrackHealth extends AbstractHealthCheck {

  private final ConntrackCleanup conntrack;

  /** Creates the check of an agent. */
  public ConntrackHealth(ConntrackCleanup conntrack) {
    super("netpol", "conntrack");
    this.conntrack = conntrack;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    builder.up();
    conntrack.problem().ifPresent(problem -> builder.detail("not-deleted", problem));
  }
}
