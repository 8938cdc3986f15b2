package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

class TestProgressTest {

  private static final List<String> SEEN = new ArrayList<>();
  private static Path file;

  static class First {
    @Test
    void one() throws IOException {
      SEEN.add(Files.readString(file));
    }
  }

  static class Second {
    @Test
    void two() throws IOException {
      SEEN.add(Files.readString(file));
    }
  }

  @Test
  void fileSaysWhichTestRunsAndHowManyClassesAreDone(@TempDir Path folder) {
    file = folder.resolve("jvm-1");
    SEEN.clear();
    LauncherFactory.create(
            LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build())
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(First.class), selectClass(Second.class))
                .build(),
            new TestProgress(file));
    assertThat(SEEN).hasSize(2);
    assertThat(SEEN.get(0)).matches("\\d+ 2 \\d+ TestProgressTest[$]First[.]one\n");
    assertThat(SEEN.get(1)).matches("\\d+ 2 \\d+ TestProgressTest[$]Second[.]two\n");
    assertThat(done(SEEN.get(1)) - done(SEEN.get(0))).isEqualTo(1);
  }

  private static int done(String line) {
    return Integer.parseInt(line.substring(0, line.indexOf(' ')));
  }
}
