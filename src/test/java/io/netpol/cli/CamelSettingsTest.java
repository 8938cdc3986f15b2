package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of the settings' file that begin with {@code camel.} are for Camel. */
@Tag("agent")
class CamelSettingsTest {

  @TempDir private Path home;
  private final EmbeddedApiServer api = EmbeddedApiServer.start();
  private Agent agent;

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.stop();
    }
    api.close();
  }

  @Test
  void camelIsGivenItsOwnSettingsAndTheyWin() throws Exception {
    agent = agent("camel.main.shutdownTimeout = 7\ncamel.main.logMask = true\n");
    agent.start();
    assertThat(agent.context().getShutdownStrategy().getTimeout()).isEqualTo(7);
    assertThat(agent.context().isLogMask()).isTrue();
    assertThat(agent.context().getName()).isEqualTo("camel-netpol");
  }

  @Test
  void settingThatCamelDoesNotKnowIsNamedAtTheStart() throws Exception {
    agent = agent("camel.main.shutdwonTimeout = 7\n");
    assertThatThrownBy(() -> agent.start()).hasStackTraceContaining("shutdwon");
  }

  /** What is found out of the host must not lead to rules of two back-ends. */
  @Test
  void commandOfOneFamilyTellsTheBackEndOfTheOther() {
    Settings settings =
        Settings.of(
            Map.of(
                Setting.NODE, "n1", Setting.COMMAND_IPTABLES, "/usr/sbin/iptables-legacy-restore"));
    assertThat(new CamelProperties(settings).all())
        .containsEntry("netpol.exec.iptables.write", "/usr/sbin/iptables-legacy-restore")
        .containsEntry("netpol.exec.ip6tables.write", "ip6tables-legacy-restore")
        .containsEntry("netpol.exec.ip6tables.read", "ip6tables-legacy-save");
  }

  private Agent agent(String lines) throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(home.resolve("conf/netpol.properties"), lines);
    Map<Setting, String> settings =
        AgentSettings.of("n1", home.resolve("letters"), new FakeTools(home).settings());
    return new Agent(Settings.load(home, Map.of(), settings), ApiServer.watched(api.config()));
  }
}
