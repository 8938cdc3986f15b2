package io.netpol.cli;

import io.netpol.route.DeadLetter;
import io.netpol.route.LetterFolder;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Asks the agent to replay or drop dead letters. */
abstract class LetterRequestCommand implements Callable<Integer> {
  private static final int POLL_MILLIS = 100;

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
    for (String id : all ? folder.ids() : DeadLettersCommand.resolve(folder, ids)) {
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
      pause();
    }
    for (String id : left) {
      Files.deleteIfExists(folder.file(id, what));
    }
    return left;
  }

  /** Between two looks at what the agent did. */
  static void pause() throws InterruptedException {
    Thread.sleep(POLL_MILLIS);
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
}
