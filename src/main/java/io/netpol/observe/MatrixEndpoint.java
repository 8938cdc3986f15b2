package io.netpol.observe;

import io.netpol.policy.Cluster;
import io.netpol.policy.explain.BadQuestionException;
import io.netpol.policy.matrix.Asked;
import io.netpol.policy.matrix.Matrix;
import io.netpol.policy.matrix.MatrixPage;
import io.netpol.policy.matrix.MatrixText;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.StaticService;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Answers {@code netpol matrix --agent} on the management server, to those on this host only. It
 * works on a copy of what the agent knows, for that takes a while in a large cluster.
 */
public final class MatrixEndpoint extends ServiceSupport
    implements StaticService, CamelContextAware {

  /** Where it answers. */
  public static final String PATH = "/netpol/matrix";

  private final Cluster cluster;
  private CamelContext context;

  /** Answers from the index of an agent. */
  public MatrixEndpoint(Cluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    this.context = camelContext;
  }

  @Override
  protected void doStart() {
    ManagementHttpServer server = context.hasService(ManagementHttpServer.class);
    if (server != null) {
      server.getRouter().route(HttpMethod.GET, PATH).blockingHandler(this::answer);
    }
  }

  private void answer(RoutingContext routing) {
    if (!LocalCallers.isOne(routing.request())) {
      LocalCallers.end(routing, ExplainEndpoint.FORBIDDEN, "asked from elsewhere");
      return;
    }
    if (!cluster.isListed()) {
      LocalCallers.end(
          routing, ExplainEndpoint.UNAVAILABLE, "the agent has not heard of all objects yet");
      return;
    }
    try {
      Asked asked =
          Asked.of(
              Set.copyOf(routing.queryParam("namespace")),
              routing.request().getParam("protocol"),
              routing.request().getParam("port"));
      Matrix matrix = Matrix.of(cluster.copy(), asked);
      String output = String.valueOf(routing.request().getParam("output"));
      boolean colour = "true".equals(routing.request().getParam("colour"));
      boolean members = "true".equals(routing.request().getParam("members"));
      routing
          .response()
          .putHeader(
              "Content-Type",
              output.equals("json") ? "application/json" : "text/plain; charset=utf-8");
      routing.end(
          switch (output) {
            case "json" -> MatrixJson.of(matrix);
            case "html" -> MatrixPage.of(matrix);
            default -> MatrixText.of(matrix, colour, members);
          });
    } catch (BadQuestionException e) {
      LocalCallers.end(routing, ExplainEndpoint.BAD_REQUEST, e.getMessage());
    }
  }
}
