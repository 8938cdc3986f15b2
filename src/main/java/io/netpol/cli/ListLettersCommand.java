package io.netpol.cli;

import io.netpol.route.LetterFolder;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Shows one line for each dead letter. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = "One line for each dead letter.")
final class ListLettersCommand implements Callable<Integer> {
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
      parent.out().println(DeadLettersCommand.json().writeValueAsString(all));
    } else {
      parent.out().print(LetterTable.of(entries, Clock.systemUTC().instant()));
    }
    return 0;
  }
}
