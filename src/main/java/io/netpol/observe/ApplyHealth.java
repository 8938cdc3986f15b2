package io.netpol.observe;

import io.netpol.route.Apply;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Readiness: the node's rules have been applied, and the last apply succeeded. */
public final class ApplyHealth extends AbstractHealthCheck {

  private final Apply apply;

  /** Looks at the applies of one agent. */
  public ApplyHealth(Apply apply) {
    super("netpol", "apply");
    this.apply = apply;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    apply.lastSuccess().ifPresent(time -> builder.detail("last-success", time.toString()));
    if (apply.lastSuccess().isEmpty()) {
      builder.message("nothing has been applied yet").down();
    } else if (!apply.refused().isEmpty()) {
      builder.message("the kernel refuses the rules of " + apply.refused()).down();
    } else if (apply.isLastGood()) {
      builder.up();
    } else {
      builder.message("the last apply failed; what was enforced stays enforced").down();
    }
  }
}
