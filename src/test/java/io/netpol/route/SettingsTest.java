package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.iptables.RenderOptions;
import io.netpol.policy.DefaultIsolation;
import io.netpol.route.Settings.BadSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SettingsTest {

  private static final Path SHIPPED = Path.of("src/main/dist/conf/netpol.properties");

  @ParameterizedTest
  @EnumSource(Setting.class)
  void shippedFileNamesEverySettingWithItsDefault(Setting setting) throws IOException {
    List<String> lines = Files.readAllLines(SHIPPED);
    String expected = ("#" + setting.property() + " = " + setting.defaultValue()).trim();
    assertThat(lines).contains(expected);
    String text = String.join(" ", lines).replace(" # ", " ");
    assertThat(text).contains(setting.meaning());
  }

  @Test
  void environmentWinsOverTheFile(@TempDir Path home) throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(
        home.resolve("conf/netpol.properties"), "netpol.window=50\nnetpol.denied=reject\n");
    Settings settings = Settings.load(home, Map.of("NETPOL_WINDOW", "70"), Map.of());
    assertThat(settings.get(Setting.WINDOW)).isEqualTo("70");
    assertThat(settings.renderOptions().deny()).isEqualTo(RenderOptions.Deny.REJECT);
    assertThat(settings.get(Setting.ROUTES)).isEqualTo(home.resolve("routes").toString());
  }

  @Test
  void defaultIsolationIsSetByItsOwnName() {
    Settings settings = Settings.load(null, Map.of("NET_DEFAULTISOLATION", "namespace"), Map.of());
    assertThat(settings.defaultIsolation()).isEqualTo(DefaultIsolation.NAMESPACE);
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_WINDOW, abc, netpol.window",
    "NETPOL_WINDOW, 0, netpol.window",
    "NETPOL_PEERS, sets, netpol.peers",
    "NETPOL_FAMILIES, ipv5, netpol.families",
    "NETPOL_LOG_GROUP, 65536, netpol.log.group",
    "NETPOL_COMMAND_IPTABLES_RESTORE, iptables, netpol.command.iptables-restore",
    "NETPOL_BACKEND, ebtables, netpol.backend",
    "NETPOL_WINDWO, 20, NETPOL_WINDWO",
    "NET_DEFAULTISOLATION, yes, net.defaultIsolation",
  })
  void badOrUnknownSettingIsNamed(String variable, String value, String named) {
    assertThatThrownBy(() -> Settings.load(null, Map.of(variable, value), Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining(named);
  }

  @Test
  void unknownPropertyIsNamed(@TempDir Path home) throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(home.resolve("conf/netpol.properties"), "netpol.wnidow=50\n");
    assertThatThrownBy(() -> Settings.load(home, Map.of(), Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining("netpol.wnidow");
  }
}
