package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectWriter;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.LetterFolder;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows what could not be applied, and asks the agent to try it again or to forget it. */
@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    description = "What could not be applied on this node: list, show, replay, drop.",
    subcommands = {
      ListLettersCommand.class,
      ShowLetterCommand.class,
      ReplayLettersCommand.class,
      DropLettersCommand.class
    })
final class DeadLettersCommand implements Runnable {

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Folder of the dead letters; as set for the agent where not given.")
  private Path folder;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "what about the dead letters? list, show, replay or drop");
  }

  /** Returns the folder that is asked for. */
  LetterFolder letters() {
    Map<Setting, String> overrides = new EnumMap<>(Setting.class);
    if (folder != null) {
      overrides.put(Setting.DEAD_LETTERS, folder.toString());
    }
    LetterFolder letters =
        LetterFolder.of(Settings.load(Netpol.home(), System.getenv(), overrides));
    if (folder != null && !Files.isDirectory(folder)) {
      throw new BadInputException("no such folder: " + folder);
    }
    return letters;
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  static ObjectWriter json() {
    return LetterFolder.mapper().writerWithDefaultPrettyPrinter();
  }

  /** Returns the whole id of each that is named, by itself or by the digest that it ends in. */
  static List<String> resolve(LetterFolder letters, List<String> named) throws IOException {
    List<String> ids = letters.ids();
    List<String> found = new ArrayList<>();
    for (String name : named) {
      List<String> matching =
          ids.stream()
              .filter(id -> id.equals(name) || LetterTable.shortId(id).equals(name))
              .toList();
      if (matching.size() != 1) {
        throw new BadInputException(
            (matching.isEmpty() ? "no dead letter " : "more than one dead letter ")
                + io.netpol.net.Quote.quote(name)
                + " in "
                + letters.path());
      }
      found.add(matching.get(0));
    }
    return found;
  }
}
