package io.netpol.cli;

import io.netpol.dataplane.CleanupOutcome;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.KernelTool;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Removes everything of ours from the kernel of this node. */
@Command(
    name = "cleanup",
    mixinStandardHelpOptions = true,
    description = {
      "Remove every chain, jump, rule and set of the agent from this node, in both iptables"
          + " back-ends and both address families, and nothing else.",
      "Stop the agent first, or it puts them back."
    })
final class CleanupCommand implements Callable<Integer> {

  private static final int CONNECT_MILLIS = 500;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(names = "--dry-run", description = "Only tell what would be removed.")
  private boolean dry;

  @Override
  public Integer call() throws IOException {
    Settings settings = Settings.load(Netpol.home(), System.getenv(), Map.of());
    return clean(settings, dry, spec.commandLine().getOut(), spec.commandLine().getErr());
  }

  /** Cleans up by these settings; returns the exit status. */
  static int clean(Settings settings, boolean dry, PrintWriter out, PrintWriter err)
      throws IOException {
    if (isAgentThere(settings)) {
      err.println(
          "netpol: warning: an agent runs on this node, and puts back what is removed; stop it"
              + " first");
    }
    Set<CleanupOutcome> outcomes = EnumSet.noneOf(CleanupOutcome.class);
    for (DataplaneProvider backend : DataplaneProvider.ALL) {
      outcomes.add(
          backend.cleanup(
              settings::get, dry, out::println, problem -> err.println("netpol: " + problem)));
    }
    if (outcomes.equals(EnumSet.of(CleanupOutcome.UNAVAILABLE))) {
      err.println(
          DataplaneProvider.ALL.stream()
              .flatMap(backend -> backend.tools().stream())
              .map(KernelTool::id)
              .collect(
                  Collectors.joining(", ", "netpol: none of these tools can be run here: ", "")));
      return 1;
    }
    if (outcomes.contains(CleanupOutcome.FAILED)) {
      return 1;
    }
    if (!outcomes.contains(CleanupOutcome.REMOVED)) {
      out.println("nothing of ours is here");
    }
    return 0;
  }

  /** Returns whether something listens where the agent of this node would answer. */
  private static boolean isAgentThere(Settings settings) {
    InetSocketAddress address =
        new InetSocketAddress(
            settings.get(Setting.HTTP_HOST), Integer.parseInt(settings.get(Setting.HTTP_PORT)));
    if (address.isUnresolved()) {
      return false;
    }
    if (address.getAddress().isAnyLocalAddress()) {
      address = new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort());
    }
    try (Socket socket = new Socket()) {
      socket.connect(address, CONNECT_MILLIS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
