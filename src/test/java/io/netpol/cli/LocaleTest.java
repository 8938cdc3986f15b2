package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where Arabic digits are usual, or an i without a dot, everything is written as elsewhere. */
@Tag("agent")
class LocaleTest {

  private final Locale before = Locale.getDefault();

  @AfterEach
  void restore() {
    Locale.setDefault(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "matrix --manifests docs/examples/shop",
        "matrix --manifests docs/examples/shop --port 5432 --output json",
        "explain --manifests docs/examples/shop --from shop/web --to shop/db --port 5432",
        "render --manifests docs/examples/shop --node n1",
        "diff --before docs/examples/shop --after docs/examples/shop-change",
        "lint --manifests docs/examples/lint",
      })
  void commandsWriteTheSame(String command) {
    Locale.setDefault(Locale.ROOT);
    CommandRun expected = CommandRun.of(command.split(" "));
    for (String tag : List.of("ar-EG", "fa-IR", "tr-TR")) {
      Locale.setDefault(Locale.forLanguageTag(tag));
      CommandRun run = CommandRun.of(command.split(" "));
      assertThat(run.out()).as(tag).isEqualTo(expected.out()).isNotEmpty();
      assertThat(run.status()).isEqualTo(expected.status());
    }
  }

  @Test
  void processUnderAnArabicLocaleWritesTheSame() throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(List.of("-Duser.language=ar", "-Duser.country=EG", "-Dfile.encoding=UTF-8"));
    command.addAll(List.of("-cp", classPath(), "io.netpol.cli.Netpol", "matrix"));
    command.addAll(List.of("--manifests", "docs/examples/shop"));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    Locale.setDefault(Locale.ROOT);
    assertThat(out).isEqualTo(CommandRun.of("matrix", "--manifests", "docs/examples/shop").out());
    assertThat(String.format(Locale.forLanguageTag("ar-EG"), "%d", 17))
        .as("else this shows nothing")
        .isEqualTo("\u0661\u0667");
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
