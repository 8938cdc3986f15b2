package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.DeadLetter;
import io.netpol.route.LetterFolder;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Shows all of one dead letter. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "All of one dead letter, with the payload.")
final class ShowLetterCommand implements Callable<Integer> {
  @ParentCommand private DeadLettersCommand parent;

  @Option(names = "--output", description = "text or json; default: ${DEFAULT-VALUE}.")
  private Output output = Output.text;

  @Parameters(paramLabel = "ID", description = "Its id, or the digest that the id ends in.")
  private String id;

  @Override
  public Integer call() throws IOException {
    LetterFolder letters = parent.letters();
    String whole = DeadLettersCommand.resolve(letters, List.of(id)).get(0);
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
                ? DeadLettersCommand.json().writeValueAsString(letter) + System.lineSeparator()
                : LetterTable.whole(letter));
    return 0;
  }
}
