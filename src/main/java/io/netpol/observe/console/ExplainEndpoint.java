package io.netpol.observe.console;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.analysis.explain.Explainer;
import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.KernelCheck;
import io.netpol.analysis.explain.Question;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.net.IpAddress;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Answers {@code netpol explain --agent} on the management server, to clients on this host only:
 * the network must not learn who may talk to whom.
 */
public final class ExplainEndpoint extends LocalEndpoint {

  /** The path on the server. */
  public static final String PATH = "/netpol/explain";

  /** The response header with the {@link Explanation.Outcome}; absent after an error. */
  public static final String OUTCOME = "Netpol-Outcome";

  private final Cluster cluster;
  private final Supplier<Set<IpAddress>> localAddresses;
  private final KernelCheck kernel;

  /**
   * Creates the endpoint of an agent, which answers from its index and the kernel.
   *
   * @param localAddresses returns the current addresses of the agent's node
   * @param kernel checks for each question whether the kernel has the pods' rules
   */
  public ExplainEndpoint(
      Cluster cluster, Supplier<Set<IpAddress>> localAddresses, KernelCheck kernel) {
    super(PATH);
    this.cluster = cluster;
    this.localAddresses = localAddresses;
    this.kernel = kernel;
  }

  @Override
  void answer(RoutingContext routing) {
    if (!cluster.isListed()) {
      end(routing, UNAVAILABLE, "the agent has not listed all objects yet");
      return;
    }
    HttpServerRequest request = routing.request();
    try {
      Explanation explanation =
          new Explainer(cluster, NodeLookup.on(cluster, localAddresses), kernel)
              .explain(
                  Question.of(
                      request.getParam("from"),
                      request.getParam("to"),
                      request.getParam("port"),
                      request.getParam("protocol")));
      boolean json = "json".equals(request.getParam("output"));
      boolean colour = "true".equals(request.getParam("colour"));
      routing.response().putHeader(OUTCOME, explanation.outcome().name().toLowerCase(Locale.ROOT));
      routing
          .response()
          .putHeader("Content-Type", json ? "application/json" : "text/plain; charset=utf-8");
      routing.end(json ? ExplanationJson.of(explanation) : ExplanationText.of(explanation, colour));
    } catch (BadQuestionException e) {
      end(routing, BAD_REQUEST, e.getMessage());
    }
  }
}
