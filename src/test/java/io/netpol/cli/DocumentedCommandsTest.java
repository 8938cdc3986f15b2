package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What pages show of commands is what these print. */
class DocumentedCommandsTest {

  private static final Pattern BLOCK =
      Pattern.compile("```console\n\\$ netpol ((?:[^\n]*\\\\\n)*[^\n]*)\n(.*?)```", Pattern.DOTALL);

  @ParameterizedTest
  @ValueSource(strings = {"explain.md", "lint.md", "matrix.md", "diff.md", "audit.md"})
  void pageShowsWhatIsPrinted(String page) throws IOException {
    Path file = Path.of("docs", page);
    Matcher block = BLOCK.matcher(Files.readString(file));
    StringBuilder text = new StringBuilder();
    int blocks = 0;
    while (block.find()) {
      CommandRun run = CommandRun.of(block.group(1).replace("\\\n", " ").trim().split("\\s+"));
      String printed = run.out() + run.err();
      block.appendReplacement(
          text,
          Matcher.quoteReplacement(
              "```console\n$ netpol " + block.group(1) + "\n" + printed + "```"));
      blocks++;
    }
    block.appendTail(text);
    assertThat(blocks).isGreaterThan(1);
    Golden.check(file, text.toString());
  }
}
