package io.netpol.route;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.component.exec.ExecCommand;
import org.apache.camel.component.exec.ExecCommandExecutor;
import org.apache.camel.component.exec.ExecException;
import org.apache.camel.component.exec.ExecResult;

/** Records the commands of the node instead of running them, and answers as the test sets. */
final class RecordedCommands implements ExecCommandExecutor {

  private final List<String> run = new ArrayList<>();
  private final Map<String, String> answers = new HashMap<>();
  private final Map<String, Integer> statuses = new HashMap<>();

  /** Sets what a command prints from now on; nothing by default. */
  RecordedCommands prints(String command, String output) {
    answers.put(command, output);
    return this;
  }

  /** Sets the exit status of a command from now on. */
  RecordedCommands endsWith(String command, int status) {
    statuses.put(command, status);
    return this;
  }

  /** Returns each command with its arguments, and its input, if any, after {@code <}. */
  List<String> run() {
    return run;
  }

  @Override
  public ExecResult execute(ExecCommand command) {
    String line = command.getExecutable() + " " + String.join(" ", command.getArgs());
    try {
      String input =
          command.getInput() == null
              ? ""
              : new String(command.getInput().readAllBytes(), StandardCharsets.UTF_8);
      run.add(input.isEmpty() ? line : line + " < " + input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int status = statuses.getOrDefault(line, 0);
    if (!command.getExitValues().contains(status)) {
      throw new ExecException(line + " ended with status " + status, null, null, status);
    }
    return new ExecResult(
        command,
        new ByteArrayInputStream(answers.getOrDefault(line, "").getBytes(StandardCharsets.UTF_8)),
        null,
        status);
  }
}
