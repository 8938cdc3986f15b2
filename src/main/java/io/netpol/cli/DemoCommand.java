package io.netpol.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the agent at work on an example cluster, where the distribution has the demo's jars. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Run the agent on an embedded API server with an example cluster, in network namespaces of"
          + " its own. The rules of this machine stay as they are.",
      "Without root it shows what would be delivered to the kernel."
    })
final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--once",
      description =
          "End after the steps, with status 0 only if every measured cell is what Kubernetes'"
              + " rules ask for.")
  private boolean once;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description =
          "Take NetworkPolicies (*.yaml) from this folder after the steps. Default: a new one,"
              + " removed at the end.")
  private Path folder;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    CommandLine commandLine = spec.commandLine();
    Optional<DemoProgram> demo = ServiceLoader.load(DemoProgram.class).findFirst();
    if (demo.isEmpty()) {
      commandLine.getErr().println("netpol: this distribution has no demo (no jars in lib/demo).");
      return 1;
    }
    if (once && folder != null) {
      throw new CommandLine.ParameterException(commandLine, "--folder has no use with --once");
    }
    if (folder != null && !Files.isDirectory(folder)) {
      throw new Netpol.BadInputException("--folder: no such folder: " + folder);
    }
    return demo.get().play(once, folder, commandLine.getOut(), commandLine.getErr());
  }
}
