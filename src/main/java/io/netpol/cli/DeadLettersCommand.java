package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectWriter;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.LetterFolder;
import io.netpol.route.deadletter.LetterRequests;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what could not be applied, and asks the agent to try it again or to forget it. */
@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    description = "What could not be applied on this node: list, show, replay, drop.")
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

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "One line for each dead letter.")
  int list(
      @Option(
              names = "--output",
              defaultValue = "text",
              description = "text or json; default: ${DEFAULT-VALUE}.")
          Output output)
      throws IOException {
    List<LetterFolder.Entry> entries = letters().list();
    if (output == Output.json) {
      out().println(json().writeValueAsString(entries.stream().map(this::summary).toList()));
    } else {
      out().print(LetterTable.of(entries, Clock.systemUTC().instant()));
    }
    return 0;
  }

  private Object summary(LetterFolder.Entry entry) {
    record Unreadable(String id, String problem) {}
    return entry.letter() == null
        ? new Unreadable(entry.id(), entry.problem())
        : entry.letter().summary();
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "All of one dead letter, with the payload.")
  int show(
      @Option(
              names = "--output",
              defaultValue = "text",
              description = "text or json; default: ${DEFAULT-VALUE}.")
          Output output,
      @Parameters(paramLabel = "ID", description = "Its id, or the digest that the id ends in.")
          String id)
      throws IOException {
    LetterFolder letters = letters();
    String whole = LetterSelection.resolve(letters, List.of(id)).get(0);
    DeadLetter letter;
    try {
      letter = letters.read(whole);
    } catch (NoSuchFileException e) {
      throw new BadInputException("dead letter " + whole + " was settled just now");
    }
    out()
        .print(
            output == Output.json
                ? json().writeValueAsString(letter) + System.lineSeparator()
                : LetterTable.whole(letter));
    return 0;
  }

  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = {
        "Have the agent try the work of dead letters now.",
        "Exit status 0 where all of it was applied, 1 where some failed again."
      })
  int replay(@Mixin LetterSelection selection) throws IOException, InterruptedException {
    LetterFolder letters = letters();
    Map<String, DeadLetter> before = new LinkedHashMap<>();
    for (String id : selected(selection, letters)) {
      before.put(id, readable(letters, id));
    }
    List<String> ids = List.copyOf(before.keySet());
    if (!selection.request(letters, ids, LetterRequests.REPLAY).isEmpty()) {
      spec.commandLine()
          .getErr()
          .println(
              "netpol: no agent took the request; does one run on this node, with the folder "
                  + letters.path()
                  + "?");
      return 1;
    }
    int status = 0;
    for (String id : ids) {
      String result = replayed(letters, id, before.get(id), selection);
      say(id + ": " + result);
      status = result.equals(APPLIED) ? status : 1;
    }
    return status;
  }

  private static final String APPLIED = "applied";

  private static String replayed(
      LetterFolder letters, String id, DeadLetter before, LetterSelection selection)
      throws IOException, InterruptedException {
    do {
      DeadLetter now;
      try {
        now = letters.read(id);
      } catch (NoSuchFileException e) {
        return APPLIED;
      }
      if (before == null || !now.last().equals(before.last())) {
        return (now.toolFailed() ? "failed again: " : "refused again: ") + now.reason();
      }
    } while (selection.pause());
    return "asked for, not tried yet";
  }

  @Command(
      name = "drop",
      mixinStandardHelpOptions = true,
      description = {
        "Remove dead letters and no longer report them.",
        "Their work is tried again at the next resync; what fails then has a letter again."
      })
  int drop(@Mixin LetterSelection selection) throws IOException, InterruptedException {
    LetterFolder letters = letters();
    List<String> ids = selected(selection, letters);
    for (String id : selection.request(letters, ids, LetterRequests.DROP)) {
      letters.delete(id); // no agent runs
    }
    ids.forEach(id -> say(id + ": dropped"));
    return 0;
  }

  private List<String> selected(LetterSelection selection, LetterFolder letters)
      throws IOException {
    List<String> ids = selection.in(letters);
    if (ids.isEmpty()) {
      say("there are no dead letters");
    }
    return ids;
  }

  /** Returns null where a letter cannot be read: it can still be replayed and dropped. */
  private static DeadLetter readable(LetterFolder letters, String id) {
    try {
      return letters.read(id);
    } catch (IOException e) {
      return null;
    }
  }

  private LetterFolder letters() {
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

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void say(String line) {
    out().println(line);
    out().flush();
  }

  private static ObjectWriter json() {
    return LetterFolder.mapper().writerWithDefaultPrettyPrinter();
  }
}
