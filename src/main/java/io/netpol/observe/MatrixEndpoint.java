package io.netpol.observe;

import io.netpol.policy.Cluster;
import io.netpol.policy.explain.BadQuestionException;
import io.netpol.policy.matrix.Asked;
import io.netpol.policy.matrix.Matrix;
import io.netpol.policy.matrix.MatrixPage;
import io.netpol.policy.matrix.MatrixText;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/**
 * Answers {@code netpol matrix --agent} on the management server, to those on this host only. It
 * works on a copy of what the agent knows, for that takes a while in a large cluster.
 */
public final class MatrixEndpoint extends LocalEndpoint {

  /** Where it answers. */
  public static final String PATH = "/netpol/matrix";

  private final Cluster cluster;

  /** Answers from the index of an agent. */
  public MatrixEndpoint(Cluster cluster) {
    super(PATH);
    this.cluster = cluster;
  }

  @Override
  void answer(RoutingContext routing) {
    if (!cluster.isListed()) {
      end(routing, UNAVAILABLE, "the agent has not heard of all objects yet");
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
              switch (output) {
                case "json" -> "application/json";
                case "html" -> "text/html; charset=utf-8";
                default -> "text/plain; charset=utf-8";
              });
      routing.end(
          switch (output) {
            case "json" -> MatrixJson.of(matrix);
            case "html" -> MatrixPage.of(matrix);
            default -> MatrixText.of(matrix, colour, members);
          });
    } catch (BadQuestionException e) {
      end(routing, BAD_REQUEST, e.getMessage());
    }
  }
}
