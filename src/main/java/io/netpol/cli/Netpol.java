package io.netpol.cli;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.route.settings.Settings.BadSettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;

/** Runs the command line: exit status 0 is good, 1 failed, 2 bad usage or input. */
@Command(
    name = "netpol",
    mixinStandardHelpOptions = true,
    versionProvider = Netpol.Version.class,
    description = "Kubernetes NetworkPolicy, enforced by Camel routes.",
    subcommands = {
      RunCommand.class,
      DemoCommand.class,
      RenderCommand.class,
      DeadLettersCommand.class,
      CleanupCommand.class,
      ExplainCommand.class,
      MatrixCommand.class,
      DiffCommand.class,
      LintCommand.class,
      CdsTraining.class
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:good", "1:failed", "2:bad usage or input"})
public final class Netpol implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Runs a command and ends the process with its exit status. */
  public static void main(String[] args) {
    // What libraries write has ASCII digits too, such as those of ports, wherever it runs.
    Locale.setDefault(Locale.ROOT);
    int status;
    try {
      status = commandLine().execute(args);
    } catch (OutOfMemoryError e) {
      // The JVM would end with 1, which of some commands is an answer.
      System.err.println(
          "netpol: the heap of "
              + Runtime.getRuntime().maxMemory() / MEGABYTE
              + " MB is too small for this. Run it where there is more memory, such as outside of the"
              + " agent's container, or set NETPOL_JAVA_OPTS=-Xmx2g");
      status = 2;
    }
    System.exit(status);
  }

  private static final int MEGABYTE = 1 << 20;

  /** Returns the commands, their options and what becomes of their failures. */
  public static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Netpol());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setExecutionStrategy(
        parsed -> {
          try {
            return new CommandLine.RunLast().execute(parsed);
          } finally {
            parsed.asCommandLineList().forEach(Netpol::flush);
          }
        });
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          boolean input =
              e instanceof BadInputException
                  || e instanceof BadSettingException
                  || e instanceof BadQuestionException;
          boolean io = e instanceof IOException || e instanceof UncheckedIOException;
          command
              .getErr()
              .println("netpol: " + (input ? e.getMessage() : io ? Reason.of(e) : e.toString()));
          flush(command);
          return input ? 2 : command.getCommandSpec().exitCodeOnExecutionException();
        });
    return commandLine;
  }

  private static void flush(CommandLine command) {
    command.getOut().flush();
    command.getErr().flush();
  }

  /** Returns whether standard output is a terminal that shows colours; NO_COLOR turns them off. */
  static boolean hasColour() {
    String term = System.getenv("TERM");
    return Ansi.AUTO.enabled() && term != null && !term.equals("dumb");
  }

  /** Returns where the distribution is; null where this does not run from one. */
  public static Path home() {
    String home = System.getProperty("netpol.home");
    return home == null ? null : Path.of(home);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
  }

  /** What was given to a command cannot be used; the message says why. */
  static final class BadInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadInputException(String message) {
      super(message);
    }
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"netpol " + version()};
    }
  }

  /** The version of the jar, as Maven has it. */
  static String version() {
    String version = Netpol.class.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
