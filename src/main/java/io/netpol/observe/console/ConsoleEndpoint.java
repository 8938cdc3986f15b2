package io.netpol.observe.console;

import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;

/** Serves the {@link NetpolConsole} on the management server, to clients on this host only. */
public final class ConsoleEndpoint extends LocalEndpoint {

  /** The path on the server. */
  public static final String PATH = "/netpol/console";

  private final AgentView view;

  /** Creates the endpoint of an agent. */
  public ConsoleEndpoint(AgentView view) {
    super(PATH);
    this.view = view;
  }

  @Override
  void answer(RoutingContext routing) {
    Map<String, Object> parameters = new HashMap<>();
    routing.request().params().forEach(parameters::put);
    ViewFilter filter;
    try {
      filter = ViewFilter.of(parameters);
    } catch (IllegalArgumentException e) {
      end(routing, BAD_REQUEST, e.getMessage());
      return;
    }
    boolean json = "json".equals(parameters.get("output"));
    routing
        .response()
        .putHeader("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
    routing.end(json ? view.jsonText(filter) : ViewText.of(view, filter));
  }
}
