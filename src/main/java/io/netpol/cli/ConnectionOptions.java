package io.netpol.cli;

import io.netpol.analysis.matrix.MatrixQuery;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Takes the options that limit a command to some connections of a cluster. */
final class ConnectionOptions {

  @Option(
      names = "--namespace",
      split = ",",
      paramLabel = "NAME",
      description = "Connections of pods of these namespaces, with each other and the outside.")
  private List<String> namespaces = List.of();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "One port: a number, or the name of a port of the destination. Without it every port that a"
              + " rule names, and all others.")
  private String port;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description = "TCP (which a port alone is), UDP or SCTP only.")
  private String protocol;

  /** Returns the connections as a query. */
  MatrixQuery query() {
    return MatrixQuery.of(Set.copyOf(namespaces), protocol, port);
  }
}
