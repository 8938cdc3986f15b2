package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The routes of the pipeline alone, by the command of the page. */
@Tag("agent")
class OneRouteTest {

  @TempDir private Path folder;
  private Process process;

  @AfterEach
  void stop() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void pipelineRunsWithoutAClusterAndWithoutAKernel() throws Exception {
    Matcher command =
        Pattern.compile("(?m)^java -cp (\\S+) (examples/one-route/OneRoute\\.java)$")
            .matcher(Files.readString(Path.of("docs/routes.md")));
    assertThat(command.find()).isTrue();
    Path printed = folder.resolve("printed");
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Dlog4j2.configurationFile=" + Path.of("src/main/dist/conf/log4j2.properties"),
                "-cp",
                DemoProcessTest.classPath(),
                command.group(2))
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    Eventually.holds(
        "what would be applied",
        () -> {
          String text = Files.readString(printed);
          assertThat(process.isAlive()).as(text).isTrue();
          return Pattern.compile("would apply: .*because of .*shop/(web|for-web)")
              .matcher(text)
              .find();
        });
  }
}
