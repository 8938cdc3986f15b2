package io.netpol.observe;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.StaticService;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.support.service.ServiceSupport;

/** Shows the {@link NetpolConsole} on the management server, to who asks from this host. */
public final class ConsoleEndpoint extends ServiceSupport
    implements StaticService, CamelContextAware {

  /** Where it answers. */
  public static final String PATH = "/netpol/console";

  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;

  private final AgentView view;
  private CamelContext context;

  /** Shows one agent. */
  public ConsoleEndpoint(AgentView view) {
    this.view = view;
  }

  @Override
  public CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    this.context = camelContext;
  }

  /** Adds itself to the server, which is there by then. */
  @Override
  protected void doStart() {
    ManagementHttpServer server = context.hasService(ManagementHttpServer.class);
    if (server != null) {
      server.getRouter().route(HttpMethod.GET, PATH).blockingHandler(this::answer);
    }
  }

  private void answer(RoutingContext routing) {
    if (!LocalCallers.isOne(routing.request())) {
      LocalCallers.end(routing, FORBIDDEN, "asked from elsewhere");
      return;
    }
    Map<String, Object> asked = new HashMap<>();
    routing.request().params().forEach(asked::put);
    ViewFilter filter;
    try {
      filter = ViewFilter.of(asked);
    } catch (IllegalArgumentException e) {
      LocalCallers.end(routing, BAD_REQUEST, e.getMessage());
      return;
    }
    boolean json = "json".equals(asked.get("output"));
    routing
        .response()
        .putHeader("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
    routing.end(json ? view.jsonText(filter) : ViewText.of(view, filter));
  }
}
