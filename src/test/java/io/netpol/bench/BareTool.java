package io.netpol.bench;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the tools with nothing around them: a shell that notes the time, starts the tool with the
 * payload on its standard input, waits for its end and notes the time again.
 */
final class BareTool implements AutoCloseable {

  private static final String LOOP =
      """
      while read -r payload command; do
        start=$EPOCHREALTIME
        $command < "$payload"
        status=$?
        end=$EPOCHREALTIME
        echo "$status $(( ${end/[.,]/} - ${start/[.,]/} ))"
      done
      """;

  private final Process process;
  private final Path payload;
  private final BufferedWriter commands;
  private final BufferedReader times;

  BareTool(Path folder) throws IOException {
    payload = folder.resolve("payload");
    process =
        new ProcessBuilder("bash", "-c", LOOP)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    commands =
        new BufferedWriter(
            new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    times =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /**
   * Runs a command that prints nothing.
   *
   * @return how long it took, in milliseconds
   * @throws IOException if its exit status is not 0
   */
  double run(List<String> command, String stdin) throws IOException {
    Files.writeString(payload, stdin);
    commands.write(payload + " " + String.join(" ", command) + "\n");
    commands.flush();
    String answer = times.readLine();
    if (answer == null || !answer.startsWith("0 ")) {
      throw new IOException(String.join(" ", command) + ": " + answer + "\n" + stdin);
    }
    return Long.parseLong(answer.substring(2)) / 1000.0;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
