package io.netpol.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;

/**
 * Reports readiness: all routes exist and are started. Camel's own check is up for a context
 * without routes and for one whose routes were stopped. Thread-safe.
 */
public final class RoutesHealth extends AbstractHealthCheck {

  /** Routes without which a change of policies or pods does not completely reach the kernel. */
  public static final List<String> ESSENTIAL =
      List.of(
          "network-policies",
          "pods",
          "namespaces",
          "nodes",
          "policy",
          "pipeline",
          "pending",
          "batch",
          "apply",
          "apply-piece",
          "attempt",
          "bridge-ports",
          "learn-bridge-ports",
          "read-kernel",
          "save",
          "deliver",
          "exec",
          "failed",
          "dead-letter",
          "retry",
          "resync");

  private volatile Set<String> expected = Set.copyOf(ESSENTIAL);
  private final Map<String, String> refusedEdits = new TreeMap<>();

  /** Creates the check for a context that is not started yet. */
  public RoutesHealth() {
    super("netpol", "routes");
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** Returns the essential routes for which the context has no definition. */
  public static List<String> missing(CamelContext context) {
    List<String> missing = new ArrayList<>(ESSENTIAL);
    definitions(context).forEach(route -> missing.remove(route.getRouteId()));
    return missing;
  }

  /** Expects the current routes of the context to run from now on. */
  public void expect(CamelContext context) {
    Set<String> ids = new TreeSet<>(ESSENTIAL);
    for (RouteDefinition route : definitions(context)) {
      if (!"false".equals(route.getAutoStartup())) {
        ids.add(route.getRouteId());
      }
    }
    expected = Set.copyOf(ids);
  }

  private static List<RouteDefinition> definitions(CamelContext context) {
    return context.getCamelContextExtension().getContextPlugin(Model.class).getRouteDefinitions();
  }

  /** Notes that an edit of a route file was refused, so its routes run as before. */
  void refuse(String file, String why) {
    synchronized (refusedEdits) {
      refusedEdits.put(file, why);
    }
  }

  /** Notes that the routes run as their file is. */
  void accept(String file) {
    synchronized (refusedEdits) {
      refusedEdits.remove(file);
    }
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    List<String> stopped = new ArrayList<>();
    for (String id : new TreeSet<>(expected)) {
      ServiceStatus status = getCamelContext().getRouteController().getRouteStatus(id);
      if (status == null || !status.isStarted()) {
        stopped.add(
            id + " is " + (status == null ? "missing" : status.name().toLowerCase(Locale.ROOT)));
      }
    }
    builder.detail("routes", expected.size());
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
}
