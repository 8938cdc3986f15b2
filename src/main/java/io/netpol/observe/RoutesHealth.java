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
 * Readiness: all routes are there and started. Camel calls a context without routes, and one whose
 * routes somebody stopped, healthy.
 */
public final class RoutesHealth extends AbstractHealthCheck {

  /** Without one of these, a change of policies or pods does not reach the kernel, or not whole. */
  public static final List<String> ESSENTIAL =
      List.of(
          "network-policies",
          "pods",
          "namespaces",
          "nodes",
          "policy",
          "pipeline",
          "due",
          "apply",
          "apply-piece",
          "attempt",
          "bridge-ports",
          "learn-bridge-ports",
          "read-kernel",
          "save",
          "deliver",
          "failed",
          "dead-letter",
          "retry",
          "resync");

  private volatile Set<String> expected = Set.copyOf(ESSENTIAL);
  private final Map<String, String> brokenEdits = new TreeMap<>();

  /** Of a context that is not started yet. */
  public RoutesHealth() {
    super("netpol", "routes");
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  /** The essential routes that the context has no definition of. */
  public static List<String> missing(CamelContext context) {
    List<String> missing = new ArrayList<>(ESSENTIAL);
    definitions(context).forEach(route -> missing.remove(route.getRouteId()));
    return missing;
  }

  /** From now on the routes that the context has now are expected to run. */
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

  /** An edit of a route file was refused, and its routes run as they were. */
  void broken(String file, String why) {
    synchronized (brokenEdits) {
      brokenEdits.put(file, why);
    }
  }

  /** The file is as its routes run. */
  void whole(String file) {
    synchronized (brokenEdits) {
      brokenEdits.remove(file);
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
    synchronized (brokenEdits) {
      brokenEdits.forEach((file, why) -> builder.detail("refused-edit:" + file, why));
      if (!stopped.isEmpty()) {
        builder.message("routes do not run: " + String.join(", ", stopped)).down();
      } else if (!brokenEdits.isEmpty()) {
        builder
            .message(
                "edits are refused, routes run as before: "
                    + String.join(", ", brokenEdits.keySet()))
            .down();
      } else {
        builder.up();
      }
    }
  }
}
