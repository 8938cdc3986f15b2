package io.netpol.cli;

import io.netpol.route.DeadLetter;
import io.netpol.route.LetterFolder;
import io.netpol.route.LetterRequests;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Has the agent forget dead letters. */
@Command(
    name = "drop",
    mixinStandardHelpOptions = true,
    description = {
      "Remove dead letters and no longer report them.",
      "Their work is tried again at the next resync; what fails then has a letter again."
    })
final class DropLettersCommand extends LetterRequestCommand {
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
