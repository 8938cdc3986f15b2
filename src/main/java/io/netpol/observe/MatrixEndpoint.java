package io.netpol.observe;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixPage;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.analysis.matrix.MatrixText;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.net.IpAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Answers {@code netpol matrix --agent} on the management server, to those on this host only. It
 * works on a copy of what the agent knows, for that takes a while in a large cluster.
 */
public final class MatrixEndpoint extends LocalEndpoint {

  /** Where it answers. */
  public static final String PATH = "/netpol/matrix";

  private final Cluster cluster;

  private final Supplier<Set<IpAddress>> localAddresses;

  /**
   * Answers from the index of an agent.
   *
   * @param localAddresses all addresses that are local to the agent's node, as of now
   */
  public MatrixEndpoint(Cluster cluster, Supplier<Set<IpAddress>> localAddresses) {
    super(PATH);
    this.cluster = cluster;
    this.localAddresses = localAddresses;
  }

  @Override
  void answer(RoutingContext routing) {
    if (!cluster.isListed()) {
      end(routing, UNAVAILABLE, "the agent has not heard of all objects yet");
      return;
    }
    try {
      MatrixQuery asked =
          MatrixQuery.of(
              Set.copyOf(routing.queryParam("namespace")),
              routing.request().getParam("protocol"),
              routing.request().getParam("port"));
      Cluster copy = cluster.copy();
      NodeLookup.on(cluster, localAddresses).node(cluster.nodeName()).ifPresent(copy::put);
      Matrix matrix = Matrix.of(copy, asked);
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
