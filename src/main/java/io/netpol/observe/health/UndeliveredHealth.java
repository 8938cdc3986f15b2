package io.netpol.observe.health;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.component.seda.SedaEndpoint;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Reports in readiness how many messages wait in queues of your routes, such as audit records for a
 * broker that is away. It never goes down, because the node enforces its policies.
 */
public final class UndeliveredHealth extends AbstractHealthCheck {

  /** The queues of the agent itself. */
  private static final Set<String> OWN = Set.of("seda://happened", "seda://cut");

  /** Creates the check; it needs the context before its first call. */
  public UndeliveredHealth() {
    super("netpol", "undelivered");
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    builder.up();
    for (Route route : getCamelContext().getRoutes()) {
      if (route.getEndpoint() instanceof SedaEndpoint queue
          && !OWN.contains(queue.getEndpointBaseUri())) {
        builder.detail(route.getRouteId(), undelivered(route.getRouteId(), queue.getQueue()));
      }
    }
  }

  private Object undelivered(String route, BlockingQueue<Exchange> queue) {
    int waiting = queue.size() + getCamelContext().getInflightRepository().size(route);
    return queue.remainingCapacity() > 0
        ? (Object) waiting
        : String.format(Locale.ROOT, "%d, no room for more", waiting);
  }
}
