package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectWriter;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.DeadLetter;
import io.netpol.route.LetterFolder;
import io.netpol.route.LetterRequests;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Shows what could not be applied, and asks the agent to try it again or to forget it. */
@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    description = "What could not be applied on this node: list, show, replay, drop.",
    subcommands = {
      DeadLettersCommand.ListCommand.class,
      DeadLettersCommand.ShowCommand.class,
      DeadLettersCommand.ReplayCommand.class,
      DeadLettersCommand.DropCommand.class
    })
final class DeadLettersCommand implements Runnable {

  private static final int POLL_MILLIS = 100;

  /** How results are printed. */
  enum Output {
    text,
    json
  }

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

  private static ObjectWriter json() {
    return LetterFolder.mapper().writerWithDefaultPrettyPrinter();
  }

  /** The whole id of each that is named, by itself or by the digest that it ends in. */
  private static List<String> resolve(LetterFolder letters, List<String> named) throws IOException {
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
                + io.netpol.policy.Quote.quote(name)
                + " in "
                + letters.path());
      }
      found.add(matching.get(0));
    }
    return found;
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "One line for each dead letter.")
  static final class ListCommand implements Callable<Integer> {
    @ParentCommand private DeadLettersCommand parent;

    @Option(names = "--output", description = "text or json; default: ${DEFAULT-VALUE}.")
    private Output output = Output.text;

    @Override
    public Integer call() throws IOException {
      List<LetterFolder.Entry> entries = parent.letters().list();
      if (output == Output.json) {
        List<Object> all = new ArrayList<>();
        for (LetterFolder.Entry entry : entries) {
          all.add(
              entry.letter() == null
                  ? Map.of("id", entry.id(), "problem", entry.problem())
                  : entry.letter().summary());
        }
        parent.out().println(json().writeValueAsString(all));
      } else {
        parent.out().print(LetterTable.of(entries, Clock.systemUTC().instant()));
      }
      parent.out().flush();
      return 0;
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "All of one dead letter, with the payload.")
  static final class ShowCommand implements Callable<Integer> {
    @ParentCommand private DeadLettersCommand parent;

    @Option(names = "--output", description = "text or json; default: ${DEFAULT-VALUE}.")
    private Output output = Output.text;

    @Parameters(paramLabel = "ID", description = "Its id, or the digest that the id ends in.")
    private String id;

    @Override
    public Integer call() throws IOException {
      LetterFolder letters = parent.letters();
      String whole = resolve(letters, List.of(id)).get(0);
      DeadLetter letter;
      try {
        letter = letters.read(whole);
      } catch (NoSuchFileException e) {
        throw new BadInputException("dead letter " + whole + " was settled just now");
      }
      parent
          .out()
          .print(
              output == Output.json
                  ? json().writeValueAsString(letter) + System.lineSeparator()
                  : LetterTable.whole(letter));
      parent.out().flush();
      return 0;
    }
  }

  /** The folder takes no request; the message says why. */
  private static final class FolderException extends IOException {
    private static final long serialVersionUID = 1L;

    FolderException(String message) {
      super(message);
    }

    @Override
    public String toString() {
      return getMessage();
    }
  }

  /** What replay and drop have in common: which letters, and how to ask the agent. */
  abstract static class Request implements Callable<Integer> {
    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
    @ParentCommand private DeadLettersCommand parent;

    @Parameters(
        paramLabel = "ID",
        arity = "0..*",
        description = "Ids, or the digests that they end in.")
    private List<String> ids = List.of();

    @Option(names = "--all", description = "All dead letters.")
    private boolean all;

    @Option(
        names = "--wait",
        paramLabel = "SECONDS",
        description = "How long the agent is waited for; default: ${DEFAULT-VALUE}.")
    private int wait = 30;

    abstract int ask(LetterFolder folder, Map<String, DeadLetter> asked, long end)
        throws IOException, InterruptedException;

    @Override
    public Integer call() throws IOException, InterruptedException {
      if (all == !ids.isEmpty()) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "which dead letters? ids or --all");
      }
      LetterFolder folder = parent.letters();
      Map<String, DeadLetter> asked = new LinkedHashMap<>();
      for (String id : all ? folder.ids() : resolve(folder, ids)) {
        DeadLetter letter = null;
        try {
          letter = folder.read(id);
        } catch (IOException e) {
          // What cannot be read can still be dropped.
        }
        asked.put(id, letter);
      }
      if (asked.isEmpty()) {
        say("there are no dead letters");
        return 0;
      }
      return ask(folder, asked, System.nanoTime() + wait * 1_000_000_000L);
    }

    /** Puts a request for each and waits until the agent took them; those that it did not. */
    List<String> request(LetterFolder folder, Iterable<String> ids, String what, long end)
        throws IOException, InterruptedException {
      List<String> left = new ArrayList<>();
      for (String id : ids) {
        try {
          Files.write(folder.file(id, what), new byte[0]);
        } catch (FileSystemException e) {
          throw new FolderException("cannot ask the agent: " + e.getMessage());
        }
        left.add(id);
      }
      while (true) {
        left.removeIf(id -> !Files.exists(folder.file(id, what)));
        if (left.isEmpty() || System.nanoTime() > end) {
          break;
        }
        Thread.sleep(POLL_MILLIS);
      }
      for (String id : left) {
        Files.deleteIfExists(folder.file(id, what));
      }
      return left;
    }

    final void say(String line) {
      parent.out().println(line);
      parent.out().flush();
    }

    final int complain(String line) {
      spec.commandLine().getErr().println("netpol: " + line);
      spec.commandLine().getErr().flush();
      return 1;
    }
  }

  @Command(
      name = "replay",
      mixinStandardHelpOptions = true,
      description = {
        "Have the agent try the work of dead letters now.",
        "Exit status 0 where all of it was applied, 1 where some was refused again."
      })
  static final class ReplayCommand extends Request {
    @Override
    int ask(LetterFolder folder, Map<String, DeadLetter> asked, long end)
        throws IOException, InterruptedException {
      List<String> left = request(folder, asked.keySet(), LetterRequests.REPLAY, end);
      if (!left.isEmpty()) {
        return complain(
            "no agent took the request; does one run on this node, with the folder "
                + folder.path()
                + "?");
      }
      int status = 0;
      for (Map.Entry<String, DeadLetter> one : asked.entrySet()) {
        status = Math.max(status, await(folder, one.getKey(), one.getValue(), end));
      }
      return status;
    }

    private int await(LetterFolder folder, String id, DeadLetter before, long end)
        throws IOException, InterruptedException {
      while (true) {
        DeadLetter now;
        try {
          now = folder.read(id);
        } catch (NoSuchFileException e) {
          say(id + ": applied");
          return 0;
        }
        if (before == null || now.last().isAfter(before.last())) {
          say(id + ": refused again: " + now.error());
          return 1;
        }
        if (System.nanoTime() > end) {
          say(id + ": asked for, not tried yet");
          return 1;
        }
        Thread.sleep(POLL_MILLIS);
      }
    }
  }

  @Command(
      name = "drop",
      mixinStandardHelpOptions = true,
      description = {
        "Remove dead letters and no longer report them.",
        "Their work is tried again at the next resync; what fails then has a letter again."
      })
  static final class DropCommand extends Request {
    @Override
    int ask(LetterFolder folder, Map<String, DeadLetter> asked, long end)
        throws IOException, InterruptedException {
      List<String> left = request(folder, asked.keySet(), LetterRequests.DROP, end);
      for (String id : left) {
        folder.delete(id); // no agent runs
      }
      asked.keySet().forEach(id -> say(id + ": dropped"));
      return 0;
    }
  }
}
