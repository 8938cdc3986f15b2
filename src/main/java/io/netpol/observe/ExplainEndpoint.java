package io.netpol.observe;

import io.netpol.policy.Cluster;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.explain.BadQuestionException;
import io.netpol.policy.explain.Explainer;
import io.netpol.policy.explain.Explanation;
import io.netpol.policy.explain.ExplanationText;
import io.netpol.policy.explain.Question;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.StaticService;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Answers {@code netpol explain --agent} on the management server. It only reads, and answers only
 * who asks from this host, by an address or name of this host: neither the network nor a web page
 * in somebody's browser (DNS rebinding) gets to know who may talk to whom.
 */
public final class ExplainEndpoint extends ServiceSupport
    implements StaticService, CamelContextAware {

  /** Where it answers. */
  public static final String PATH = "/netpol/explain";

  /** The response header that says {@code true} or {@code false} where there is an answer. */
  public static final String ALLOWED = "Netpol-Allowed";

  static final int BAD_REQUEST = 400;
  static final int FORBIDDEN = 403;
  static final int UNAVAILABLE = 503;

  private final Cluster cluster;
  private final Explainer explainer;
  private CamelContext context;

  /**
   * Answers from the index of an agent.
   *
   * @param programmed whether the kernel holds a local pod's rules as they are wanted now
   */
  public ExplainEndpoint(Cluster cluster, Predicate<ObjectKey> programmed) {
    this.cluster = cluster;
    this.explainer = new Explainer(cluster, programmed);
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
    if (!cluster.isListed()) {
      LocalCallers.end(routing, UNAVAILABLE, "the agent has not heard of all objects yet");
      return;
    }
    HttpServerRequest request = routing.request();
    try {
      Explanation explanation =
          explainer.explain(
              Question.of(
                  request.getParam("from"),
                  request.getParam("to"),
                  request.getParam("port"),
                  request.getParam("protocol")));
      boolean json = "json".equals(request.getParam("output"));
      boolean colour = "true".equals(request.getParam("colour"));
      routing.response().putHeader(ALLOWED, String.valueOf(explanation.allowed()));
      routing
          .response()
          .putHeader("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
      routing.end(json ? ExplanationJson.of(explanation) : ExplanationText.of(explanation, colour));
    } catch (BadQuestionException e) {
      LocalCallers.end(routing, BAD_REQUEST, e.getMessage());
    }
  }
}
