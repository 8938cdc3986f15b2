package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.printing.PrintingProvider;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Namespace;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  @Test
  void commandsPrintTheFilesOfABackEndThatTheyDoNotKnow() {
    Settings settings = Settings.of(Map.of(Setting.BACKEND, PrintingProvider.BACKEND));
    Cluster before = new Cluster("n1", DefaultIsolation.OFF, false);
    Cluster after = new Cluster("n1", DefaultIsolation.NODE, false);
    ObjectKey web = new ObjectKey("shop", "web");
    List<IpAddress> addresses = List.of(IpAddress.parse("10.0.0.1"));
    for (Cluster cluster : List.of(before, after)) {
      cluster.put(Namespace.named("shop"));
      cluster.put(new Pod(web, "n1", false, false, Map.of(), addresses, List.of()));
    }
    NodeRules rules = NodeRules.of("n1", before, after, settings);
    assertThat(rules.byTool()).containsOnlyKeys("printer");
    assertThat(rules.byTool().get("printer")).contains("+ shop/web IPV4");
  }
}
