package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.index.Cluster;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Takes the options that say which cluster a command looks at: an agent's, or one of objects. */
final class ClusterOptions {

  @Mixin private ObjectSource source;
  @Mixin private NodeAddressOption nodeAddresses;

  @Option(
      names = "--agent",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "HOST:PORT",
      description =
          "The agent that runs here: it answers from what it knows, and explain says whether the"
              + " kernel holds the rules. Without HOST:PORT as its settings say.")
  private String agent;

  /**
   * Returns the agent to ask; empty where the objects are to be looked at here.
   *
   * @throws BadInputException if objects are given too
   */
  Optional<AgentClient> agent() {
    if (agent != null && (source.isGiven() || nodeAddresses.isGiven())) {
      throw new BadInputException("--agent answers from what it knows: no other source with it");
    }
    return Optional.ofNullable(agent).map(AgentClient::of);
  }

  /** Reads the objects; warnings about them go to the writer. */
  Cluster read(PrintWriter err) {
    return nodeAddresses.addTo(ObjectSource.index(source.read(err), ObjectSource.settings()));
  }
}
