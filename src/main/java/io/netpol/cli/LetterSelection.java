package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.net.Quote;
import io.netpol.route.deadletter.LetterFolder;
import io.netpol.route.deadletter.LetterIds;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes the dead letters that the agent is to replay or drop, and asks it to. */
final class LetterSelection {

  private static final int POLL_MILLIS = 100;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

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

  private final long start = System.nanoTime();

  /** Returns the whole ids of the selected letters. */
  List<String> in(LetterFolder folder) throws IOException {
    if (all == !ids.isEmpty()) {
      throw new CommandLine.ParameterException(
          command.commandLine(), "which dead letters? ids or --all");
    }
    return all ? folder.ids() : resolve(folder, ids);
  }

  /** Returns the whole id of each letter that is named by its id or by the digest at its end. */
  static List<String> resolve(LetterFolder folder, List<String> named) throws IOException {
    List<String> ids = folder.ids();
    List<String> found = new ArrayList<>();
    for (String name : named) {
      try {
        found.add(LetterIds.find(ids, name));
      } catch (IllegalArgumentException e) {
        throw new BadInputException(
            e.getMessage() + " " + Quote.quote(name) + " in " + folder.path());
      }
    }
    return found;
  }

  /**
   * Puts a request for each letter into the folder, and waits until the agent has taken them.
   *
   * @param request what is asked for, the end of a file's name
   * @return the ids whose request the agent did not take
   */
  List<String> request(LetterFolder folder, List<String> ids, String request)
      throws IOException, InterruptedException {
    for (String id : ids) {
      try {
        Files.write(folder.file(id, request), new byte[0]);
      } catch (FileSystemException e) {
        throw new IOException("cannot ask the agent: " + e.getMessage());
      }
    }
    List<String> left = new ArrayList<>(ids);
    left.removeIf(id -> !Files.exists(folder.file(id, request)));
    while (!left.isEmpty() && pause()) {
      left.removeIf(id -> !Files.exists(folder.file(id, request)));
    }
    for (String id : left) {
      Files.deleteIfExists(folder.file(id, request));
    }
    return left;
  }

  /** Waits a moment before the agent is looked at again; returns false where the time is up. */
  boolean pause() throws InterruptedException {
    if (System.nanoTime() - start > wait * 1_000_000_000L) {
      return false;
    }
    Thread.sleep(POLL_MILLIS);
    return true;
  }
}
