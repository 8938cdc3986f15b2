package io.netpol.observe.health;

import io.netpol.route.flow.NodePresence;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Reports readiness: the cluster has a Node with the agent's node name. */
public final class NodeHealth extends AbstractHealthCheck {

  private final NodePresence node;

  /** Creates the check. */
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
    String problem = node.problem();
    if (problem == null) {
      builder.up();
    } else {
      builder.message(problem).down();
    }
  }
}
