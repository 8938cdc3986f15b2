package io.netpol.observe.health;

import io.netpol.route.check.AgentRoutes;
import io.netpol.route.check.RoutesReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports readiness: all routes that the node needs exist and are started. Camel's own check is up
 * for a context without routes and for one whose routes were stopped. Thread-safe.
 */
public final class RoutesHealth extends AbstractHealthCheck {

  /**
   * The {@code group} of routes that are somebody's own, and turn readiness down when they stop.
   */
  public static final String GROUP = "essential";

  private static final Logger LOG = LoggerFactory.getLogger(RoutesHealth.class);

  /** Routes that have to run. */
  private volatile Set<String> expected = Set.copyOf(AgentRoutes.ESSENTIAL);

  /** Routes that are somebody's own, and are only reported. */
  private volatile Set<String> others = Set.of();

  /** Routes that events pass on their way to the kernel. */
  private volatile Set<String> onTheWay = Set.of();

  private volatile List<String> warnings = List.of();
  private volatile String stoppedOthers = "";

  /** Of the settings; null before it was asked for. */
  private volatile String configuredExclusions;

  private final Map<String, String> refusedEdits = new TreeMap<>();

  /** Creates the check for a context that is not started yet. */
  public RoutesHealth() {
    super("netpol", "routes");
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** Takes the result of a check of the route files; shows its warnings, and logs each once. */
  public void accept(RoutesReport report) {
    onTheWay = Set.copyOf(report.essential());
    report.warnings().stream().filter(warning -> !warnings.contains(warning)).forEach(LOG::warn);
    warnings = List.copyOf(report.warnings());
  }

  /**
   * Expects the current routes of the context to run from now on: those of the agent, those between
   * the sources and the kernel, and those of the group {@value GROUP}. Reports the others when they
   * stop.
   */
  public void expect(CamelContext context) {
    Set<String> ids = new TreeSet<>(AgentRoutes.ESSENTIAL);
    Set<String> own = new TreeSet<>();
    for (RouteDefinition route : definitions(context)) {
      String id = route.getRouteId();
      if (!"false".equals(route.getAutoStartup())) {
        boolean essential =
            AgentRoutes.SHIPPED.contains(id)
                || onTheWay.contains(id)
                || GROUP.equals(route.getGroup());
        (essential ? ids : own).add(id);
      }
    }
    expected = Set.copyOf(ids);
    others = Set.copyOf(own);
    leaveOut(HealthCheckRegistry.get(context), own);
  }

  /** Camel has a check for the consumer of each route, which is down when the route is stopped. */
  private void leaveOut(HealthCheckRegistry checks, Set<String> routes) {
    if (checks == null) {
      return;
    }
    if (configuredExclusions == null) {
      configuredExclusions = checks.getExcludePattern() == null ? "" : checks.getExcludePattern();
    }
    List<String> patterns = new ArrayList<>();
    if (!configuredExclusions.isEmpty()) {
      patterns.add(configuredExclusions);
    }
    routes.forEach(route -> patterns.add("consumer:" + route));
    checks.setExcludePattern(patterns.isEmpty() ? null : String.join(",", patterns));
  }

  private static List<RouteDefinition> definitions(CamelContext context) {
    return context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions();
  }

  /** Notes that an edit of a route file was refused, so its routes run as before. */
  public void refuse(String file, String why) {
    synchronized (refusedEdits) {
      refusedEdits.put(file, why);
    }
  }

  /** Notes that the routes run as their file is. */
  public void accept(String file) {
    synchronized (refusedEdits) {
      refusedEdits.remove(file);
    }
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    List<String> stopped = stopped(expected);
    String own = String.join(", ", stopped(others));
    builder.detail("routes", expected.size() + others.size());
    if (!own.isEmpty()) {
      builder.detail("own-routes", own);
    }
    // While the agent starts or stops, routes are stopped that nobody has stopped.
    if (getCamelContext().getStatus().isStarted() && !own.equals(stoppedOthers)) {
      LOG.warn("routes of your own: {}", own.isEmpty() ? "all run" : own);
      stoppedOthers = own;
    }
    if (!warnings.isEmpty()) {
      builder.detail("warning", String.join("; ", warnings));
    }
    synchronized (refusedEdits) {
      refusedEdits.forEach((file, why) -> builder.detail("refused-edit:" + file, why));
      if (!stopped.isEmpty()) {
        builder.message("routes do not run: " + String.join(", ", stopped)).down();
      } else if (!refusedEdits.isEmpty()) {
        builder
            .message(
                "edits are refused, routes run as before: "
                    + String.join(", ", refusedEdits.keySet()))
            .down();
      } else {
        builder.up();
      }
    }
  }

  /** Returns those that do not run, and their state. */
  private List<String> stopped(Set<String> routes) {
    List<String> stopped = new ArrayList<>();
    for (String id : new TreeSet<>(routes)) {
      ServiceStatus status = getCamelContext().getRouteController().getRouteStatus(id);
      if (status == null || !status.isStarted()) {
        stopped.add(
            id + " is " + (status == null ? "missing" : status.name().toLowerCase(Locale.ROOT)));
      }
    }
    return stopped;
  }
}
