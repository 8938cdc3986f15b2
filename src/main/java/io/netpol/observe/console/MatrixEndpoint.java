package io.netpol.observe.console;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixPage;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.net.IpAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Answers {@code netpol matrix --agent} on the management server, to clients on this host only. It
 * evaluates a copy of the index, because that takes a while in a large cluster.
 */
public final class MatrixEndpoint extends LocalEndpoint {

  /** The path on the server. */
  public static final String PATH = "/netpol/matrix";

  private final Cluster cluster;

  private final Supplier<Set<IpAddress>> localAddresses;

  /**
   * Creates the endpoint of an agent.
   *
   * @param localAddresses returns the current addresses of the agent's node
   */
  public MatrixEndpoint(Cluster cluster, Supplier<Set<IpAddress>> localAddresses) {
    super(PATH);
    this.cluster = cluster;
    this.localAddresses = localAddresses;
  }

  @Override
  void answer(RoutingContext routing) {
    if (!cluster.isListed()) {
      end(routing, UNAVAILABLE, "the agent has not listed all objects yet");
      return;
    }
    try {
      MatrixQuery query =
          MatrixQuery.of(
              Set.copyOf(routing.queryParam("namespace")),
              routing.request().getParam("protocol"),
              routing.request().getParam("port"));
      Cluster copy = cluster.copy();
      NodeLookup.on(cluster, localAddresses).node(cluster.nodeName()).ifPresent(copy::put);
      Matrix matrix = Matrix.of(copy, query);
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
