package io.netpol.cli;

import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixPage;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.observe.console.MatrixJson;
import io.netpol.observe.console.MatrixText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows which pods, nodes and outside addresses may connect to which. */
@Command(
    name = "matrix",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Show who reaches whom.",
      "Pods that policies treat alike are one row, and one column."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:the matrix is written",
      "2:it is not: bad usage or input, or the objects cannot be had"
    })
final class MatrixCommand implements Callable<Integer> {

  private enum Form {
    table,
    json,
    html
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Mixin private ClusterOptions cluster;
  @Mixin private ConnectionOptions connections;

  @Option(names = "--members", description = "List the members of each group in the table.")
  private boolean members;

  @Option(
      names = "--output",
      defaultValue = "table",
      paramLabel = "table|json|html",
      description = "How it is written; html is one page that needs no other file.")
  private Form output;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where it is written; without it to standard output.")
  private Path out;

  @Override
  public Integer call() {
    String text = text(connections.query());
    if (out == null) {
      spec.commandLine().getOut().print(text);
    } else {
      try {
        Files.writeString(out, text);
      } catch (IOException e) {
        throw new BadInputException("--out: cannot write " + Reason.of(e));
      }
    }
    return 0;
  }

  private String text(MatrixQuery query) {
    boolean colour = out == null && Netpol.hasColour();
    Optional<AgentClient> agent = cluster.agent();
    if (agent.isPresent()) {
      return agent.get().matrix(query, output.name(), colour, members);
    }
    Matrix matrix = Matrix.of(cluster.read(spec.commandLine().getErr()), query);
    return switch (output) {
      case json -> MatrixJson.of(matrix);
      case html -> MatrixPage.of(matrix);
      case table -> MatrixText.of(matrix, colour, members);
    };
  }
}
