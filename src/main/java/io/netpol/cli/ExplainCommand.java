package io.netpol.cli;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.analysis.explain.Explainer;
import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.ExplanationText;
import io.netpol.analysis.explain.Question;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.index.Cluster;
import io.netpol.observe.ExplanationJson;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says whether a connection is allowed, and which rules and policies make it so. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2, // 1 would say that the connection is denied
    description = {
      "Say whether a connection is allowed, and what makes it so.",
      "An end is a pod (namespace/name), an address, node:NAME, or node for the node of the pod"
          + " at the other end."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:allowed",
      "1:denied, for one of its families or ports at least",
      "2:no answer: bad usage or input, the objects cannot be had, or an address is unknown"
    })
final class ExplainCommand implements Callable<Integer> {

  /** How an answer is written. */
  enum Output {
    TEXT,
    JSON
  }

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--from", required = true, paramLabel = "END", description = "The sender.")
  private String from;

  @Option(names = "--to", required = true, paramLabel = "END", description = "The receiver.")
  private String to;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "A number, or the name of a port of the receiver.")
  private String port;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description = "TCP (the default), UDP, SCTP; or another, such as ICMP, without port.")
  private String protocol;

  @Mixin private ObjectSource source;
  @Mixin private NodeAddressOption nodeAddresses;

  @Option(
      names = "--agent",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "HOST:PORT",
      description =
          "The agent that runs here: it answers from what it knows, and says whether the kernel"
              + " holds the rules. Without HOST:PORT as its settings say.")
  private String agent;

  @Option(
      names = "--output",
      defaultValue = "text",
      paramLabel = "text|json",
      description = "How the answer is written.")
  private String output;

  @Override
  public Integer call() {
    Output form = output();
    boolean colour = form == Output.TEXT && Terminal.hasColour();
    try {
      Question question = Question.of(from, to, port, protocol);
      if (agent != null) {
        return askAgent(question, form, colour);
      }
      Cluster cluster =
          nodeAddresses.addTo(
              ObjectSource.index(
                  source.read(spec.commandLine().getErr()), ObjectSource.settings()));
      Explanation explanation = new Explainer(cluster).explain(question);
      print(
          form == Output.JSON
              ? ExplanationJson.of(explanation)
              : ExplanationText.of(explanation, colour));
      return status(explanation.outcome());
    } catch (BadQuestionException e) {
      throw new BadInputException(e.getMessage());
    }
  }

  private int askAgent(Question question, Output form, boolean colour) {
    if (source.isGiven() || nodeAddresses.isGiven()) {
      throw new BadInputException("--agent answers from what it knows: no other source with it");
    }
    AgentClient.Answer answer =
        AgentClient.of(agent).explain(question, form == Output.JSON, colour);
    print(answer.text());
    return status(answer.outcome());
  }

  private static int status(Explanation.Outcome outcome) {
    return switch (outcome) {
      case ALLOWED -> 0;
      case DENIED -> 1;
      case UNKNOWN -> 2;
    };
  }

  private Output output() {
    for (Output each : Output.values()) {
      if (each.name().equalsIgnoreCase(output)) {
        return each;
      }
    }
    throw new CommandLine.ParameterException(
        spec.commandLine(), "--output is text or json, not " + output);
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
