package io.netpol.cli;

import io.netpol.analysis.explain.Explainer;
import io.netpol.analysis.explain.Explanation;
import io.netpol.analysis.explain.Question;
import io.netpol.observe.console.ExplanationJson;
import io.netpol.observe.console.ExplanationText;
import java.io.PrintWriter;
import java.util.Optional;
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
      "SOURCE and DESTINATION are a pod (namespace/name), an address, node:NAME, or node for"
          + " the node of the other pod."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:allowed",
      "1:denied, for one of its families or ports at least",
      "2:no answer: bad usage or input, the objects cannot be had, or an address is unknown"
    })
final class ExplainCommand implements Callable<Integer> {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--from", required = true, paramLabel = "SOURCE", description = "The source.")
  private String from;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DESTINATION",
      description = "The destination.")
  private String to;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "A number, or the name of a port of the destination.")
  private String port;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description = "TCP (the default), UDP, SCTP; or another, such as ICMP, without port.")
  private String protocol;

  @Mixin private ClusterOptions cluster;

  @Option(
      names = "--output",
      defaultValue = "text",
      paramLabel = "text|json",
      description = "How the answer is written.")
  private Output output;

  @Override
  public Integer call() {
    boolean json = output == Output.json;
    boolean colour = !json && Netpol.hasColour();
    Question question = Question.of(from, to, port, protocol);
    PrintWriter out = spec.commandLine().getOut();
    Optional<AgentClient> agent = cluster.agent();
    if (agent.isPresent()) {
      AgentClient.Answer answer = agent.get().explain(question, json, colour);
      out.print(answer.text());
      return status(answer.outcome());
    }
    Explanation explanation =
        new Explainer(cluster.read(spec.commandLine().getErr())).explain(question);
    out.print(json ? ExplanationJson.of(explanation) : ExplanationText.of(explanation, colour));
    return status(explanation.outcome());
  }

  private static int status(Explanation.Outcome outcome) {
    return switch (outcome) {
      case ALLOWED -> 0;
      case DENIED -> 1;
      case UNKNOWN -> 2;
    };
  }
}
