package io.netpol.cli;

import io.netpol.route.DeadLetter;
import io.netpol.route.LetterFolder;
import io.netpol.route.LetterRequests;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Has the agent try the work of dead letters now. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Have the agent try the work of dead letters now.",
      "Exit status 0 where all of it was applied, 1 where some failed again."
    })
final class ReplayLettersCommand extends LetterRequestCommand {
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
      if (before == null || !now.last().equals(before.last())) {
        say(id + (now.toolFailed() ? ": failed again: " : ": refused again: ") + now.reason());
        return 1;
      }
      if (System.nanoTime() > end) {
        say(id + ": asked for, not tried yet");
        return 1;
      }
      pause();
    }
  }
}
