package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.printing.PrintingProvider;
import io.netpol.route.Setting;
import io.netpol.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A further back-end is a package and a line: routes, beans and commands stay as they are. */
@Tag("agent")
class PrintingBackendTest {

  @TempDir private Path folder;

  @AfterEach
  void forgetTheCommand() {
    System.clearProperty(PrintingProvider.COMMAND);
  }

  @Test
  void routesDeliverToTheToolOfABackEndThatTheyDoNotKnow() throws Exception {
    Path printed = Files.createFile(folder.resolve("printed"));
    System.setProperty(PrintingProvider.COMMAND, "tee -a " + printed);
    FakeTools others = new FakeTools(folder);
    try (TestAgent agent = new TestAgent(folder, others.settings())) {
      agent.set(Setting.BACKEND, PrintingProvider.BACKEND).start();
      agent.pod("web", "10.0.0.1");
      agent.policy("closed", "web", "");
      Eventually.holds(
          () -> Files.readString(printed),
          () -> Files.readString(printed).contains("reason=shop/closed"));
      assertThat(Files.readString(printed)).contains("shop/web IPV4").contains("Drop[]");
      assertThat(agent.get("/netpol/console").body()).contains("back-end      tee");
      assertThat(others.delivered()).as("of the other back-end").isEmpty();
    }
  }
}
