package io.netpol.observe;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;

/**
 * How many exchanges each route has handled, from the statistics that Camel keeps for JMX and read
 * when somebody asks: Camel's own meters cost every event more than its way through the routes.
 */
public final class RouteMetrics implements MeterBinder {

  /** With the tag {@code route}. */
  static final String EXCHANGES = "netpol.route.exchanges";

  /** With the tag {@code route}. */
  static final String FAILED = "netpol.route.exchanges.failed";

  private final CamelContext context;

  /** Of one agent, whose routes must be loaded. */
  public RouteMetrics(CamelContext context) {
    this.context = context;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    ManagedCamelContext managed =
        context.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class);
    for (Route route : managed == null ? List.<Route>of() : context.getRoutes()) {
      // Asked for each time: a meter keeps only a weak reference, and the MBean's proxy has no
      // other.
      String id = route.getRouteId();
      FunctionCounter.builder(
              EXCHANGES, managed, m -> value(m, id, ManagedRouteMBean::getExchangesTotal))
          .description("Exchanges that a route has finished, failed ones included")
          .tag("route", id)
          .register(registry);
      FunctionCounter.builder(
              FAILED, managed, m -> value(m, id, ManagedRouteMBean::getExchangesFailed))
          .description("Exchanges that failed in a route")
          .tag("route", id)
          .register(registry);
    }
  }

  /** Not a number where the route was taken away since. */
  private static double value(
      ManagedCamelContext managed, String route, ToDoubleFunction<ManagedRouteMBean> value) {
    ManagedRouteMBean bean = managed.getManagedRoute(route);
    return bean == null ? Double.NaN : value.applyAsDouble(bean);
  }
}
