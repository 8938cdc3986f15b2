package io.netpol.observe;

import io.netpol.route.NodePresence;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Readiness: the cluster has a Node of the name that the agent was given. */
public final class NodeHealth extends AbstractHealthCheck {

  private final NodePresence node;

  /** Looks at each call. */
  public NodeHealth(NodePresence node) {
    super("netpol", "node");
    this.node = node;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    String lack = node.lack();
    if (lack == null) {
      builder.up();
    } else {
      builder.message(lack).down();
    }
  }
}
