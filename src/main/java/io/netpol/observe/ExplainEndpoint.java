package io.netpol.observe;

import io.netpol.policy.Cluster;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.explain.BadQuestionException;
import io.netpol.policy.explain.Explainer;
import io.netpol.policy.explain.Explanation;
import io.netpol.policy.explain.ExplanationText;
import io.netpol.policy.explain.Question;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.function.Predicate;

/**
 * Answers {@code netpol explain --agent} on the management server. It only reads, and answers only
 * who asks from this host, by an address or name of this host: neither the network nor a web page
 * in somebody's browser (DNS rebinding) gets to know who may talk to whom.
 */
public final class ExplainEndpoint extends LocalEndpoint {

  /** Where it answers. */
  public static final String PATH = "/netpol/explain";

  /** The response header that says {@code true} or {@code false} where there is an answer. */
  public static final String ALLOWED = "Netpol-Allowed";

  private final Cluster cluster;
  private final Explainer explainer;

  /**
   * Answers from the index of an agent.
   *
   * @param programmed whether the kernel holds a local pod's rules as they are wanted now
   */
  public ExplainEndpoint(Cluster cluster, Predicate<ObjectKey> programmed) {
    super(PATH);
    this.cluster = cluster;
    this.explainer = new Explainer(cluster, programmed);
  }

  @Override
  void answer(RoutingContext routing) {
    if (!cluster.isListed()) {
      end(routing, UNAVAILABLE, "the agent has not heard of all objects yet");
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
      end(routing, BAD_REQUEST, e.getMessage());
    }
  }
}
