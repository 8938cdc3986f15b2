package io.netpol.observe.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;

/**
 * Counts the exchanges of each route, from Camel's JMX statistics at each scrape. Camel's own
 * meters cost more for each event than the routes themselves.
 */
public final class RouteMetrics implements MeterBinder {

  /** With the tag {@code route}. */
  static final String EXCHANGES = "netpol.route.exchanges";

  /** With the tag {@code route}. */
  static final String FAILED = "netpol.route.exchanges.failed";

  /** With the tag {@code route}. */
  static final String STARTED = "netpol.route.started";

  private final CamelContext context;

  /** Creates a binder for an agent, whose routes must be loaded. */
  public RouteMetrics(CamelContext context) {
    this.context = context;
  }

  /** Registers the routes that the registry does not have yet. */
  @Override
  public void bindTo(MeterRegistry registry) {
    ManagedCamelContext managed =
        context.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class);
    for (Route route : managed == null ? List.<Route>of() : context.getRoutes()) {
      String id = route.getRouteId();
      if (registry.find(EXCHANGES).tag("route", id).functionCounter() != null) {
        continue;
      }
      // Looked up each time: a meter has only a weak reference, and nothing else keeps the MBean's
      // proxy.
      FunctionCounter.builder(
              EXCHANGES, managed, m -> value(m, id, ManagedRouteMBean::getExchangesTotal))
          .description("Exchanges that a route has completed, including failed ones")
          .tag("route", id)
          .register(registry);
      FunctionCounter.builder(
              FAILED, managed, m -> value(m, id, ManagedRouteMBean::getExchangesFailed))
          .description("Exchanges that failed in a route")
          .tag("route", id)
          .register(registry);
      Gauge.builder(STARTED, context, routes -> started(routes, id))
          .description("1 while a route runs, 0 while it is stopped or suspended")
          .tag("route", id)
          .register(registry);
    }
  }

  private static double started(CamelContext context, String route) {
    ServiceStatus status = context.getRouteController().getRouteStatus(route);
    return status == null ? Double.NaN : status.isStarted() ? 1 : 0;
  }

  /** Returns the value, or NaN if the route was removed since. */
  private static double value(
      ManagedCamelContext managed, String route, ToDoubleFunction<ManagedRouteMBean> value) {
    ManagedRouteMBean bean = managed.getManagedRoute(route);
    return bean == null ? Double.NaN : value.applyAsDouble(bean);
  }
}
