package io.netpol.cli;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.analysis.matrix.Matrix;
import io.netpol.analysis.matrix.MatrixPage;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.analysis.matrix.MatrixText;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.Reason;
import io.netpol.observe.MatrixJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows who reaches whom. */
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

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Mixin private ObjectSource source;
  @Mixin private NodeAddressOption nodeAddresses;

  @Option(
      names = "--agent",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "HOST:PORT",
      description = "The agent that runs here, as it knows the cluster at this moment.")
  private String agent;

  @Option(
      names = "--namespace",
      split = ",",
      paramLabel = "NAME",
      description = "The pods of these namespaces only, with nodes and the world outside.")
  private List<String> namespaces = List.of();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description =
          "One port: a number, or the name of a port of the receiver. Without it every port that a"
              + " rule names, and all others.")
  private String port;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description = "TCP (which a port alone is), UDP or SCTP only.")
  private String protocol;

  @Option(names = "--members", description = "List the members of each group in the table.")
  private boolean members;

  @Option(
      names = "--output",
      defaultValue = "table",
      paramLabel = "table|json|html",
      description = "How it is written; html is one page that needs no other file.")
  private String output;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where it is written; without it to standard output.")
  private Path out;

  @Override
  public Integer call() {
    if (!List.of("table", "json", "html").contains(output)) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--output is table, json or html, not " + output);
    }
    String text;
    try {
      MatrixQuery asked = MatrixQuery.of(Set.copyOf(namespaces), protocol, port);
      text = agent == null ? text(asked) : fromAgent(asked);
    } catch (BadQuestionException e) {
      throw new BadInputException(e.getMessage());
    }
    if (out == null) {
      PrintWriter stdout = spec.commandLine().getOut();
      stdout.print(text);
      stdout.flush();
    } else {
      try {
        Files.writeString(out, text);
      } catch (IOException e) {
        throw new BadInputException("--out: cannot write " + Reason.of(e));
      }
    }
    return 0;
  }

  private boolean hasColour() {
    return out == null && Terminal.hasColour();
  }

  private String text(MatrixQuery asked) {
    Matrix matrix =
        Matrix.of(
            nodeAddresses.addTo(
                ObjectSource.index(
                    source.read(spec.commandLine().getErr()), ObjectSource.settings())),
            asked);
    return switch (output) {
      case "json" -> MatrixJson.of(matrix);
      case "html" -> MatrixPage.of(matrix);
      default -> MatrixText.of(matrix, hasColour(), members);
    };
  }

  private String fromAgent(MatrixQuery asked) {
    if (source.isGiven() || nodeAddresses.isGiven()) {
      throw new BadInputException("--agent answers from what it knows: no other source with it");
    }
    return AgentClient.of(agent).matrix(asked, output, hasColour(), members);
  }
}
