package io.netpol.route.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.model.DefaultIsolation;
import io.netpol.route.settings.Settings.BadSettingException;
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
        home.resolve("conf/netpol.properties"), "netpol.batch.interval=50\nnetpol.denied=reject\n");
    Settings settings = Settings.load(home, Map.of("NETPOL_BATCH_INTERVAL", "70"), Map.of());
    assertThat(settings.get(Setting.BATCH_INTERVAL)).isEqualTo("70");
    assertThat(settings.renderOptions().deny()).isEqualTo(RenderOptions.Deny.REJECT);
    assertThat(settings.get(Setting.ROUTES)).isEqualTo(home.resolve("routes").toString());
  }

  @Test
  void defaultIsolationIsSetByItsOwnName() {
    Settings settings =
        Settings.load(null, Map.of("NETPOL_DEFAULT_ISOLATION", "namespace"), Map.of());
    assertThat(settings.defaultIsolation()).isEqualTo(DefaultIsolation.NAMESPACE);
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_WINDOW, 7, BATCH_INTERVAL",
    "NETPOL_WINDOW_MOST, 700, BATCH_INTERVAL_MAX",
    "NETPOL_VIEW_MAX_AGE, 600000, CACHE_MAX_STALENESS",
    "NETPOL_CUT, on, TERMINATE_CONNECTIONS",
    "NET_DEFAULTISOLATION, node, DEFAULT_ISOLATION",
  })
  void formerNameStillWorks(String variable, String value, Setting setting, @TempDir Path home)
      throws IOException {
    assertThat(Settings.load(null, Map.of(variable, value), Map.of()).get(setting))
        .isEqualTo(value);
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(
        home.resolve("conf/netpol.properties"), setting.formerProperty() + "=" + value);
    assertThat(Settings.load(home, Map.of(), Map.of()).get(setting)).isEqualTo(value);
    Map<String, String> both = Map.of(variable, value, setting.variable(), value);
    assertThatThrownBy(() -> Settings.load(null, both, Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining(variable + " is called " + setting.variable() + " now");
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_BATCH_INTERVAL, abc, netpol.batch.interval",
    "NETPOL_BATCH_INTERVAL, 0, netpol.batch.interval",
    "NETPOL_RETRY_DELAY, 60001, netpol.retry.delay",
    "NETPOL_PEERS, sets, netpol.peers",
    "NETPOL_FAMILIES, ipv5, netpol.families",
    "NETPOL_LOG_GROUP, 65536, netpol.log.group",
    "NETPOL_COMMAND_IPTABLES_RESTORE, iptables, netpol.command.iptables-restore",
    "NETPOL_BACKEND, ebtables, netpol.backend",
    "NETPOL_WINDWO, 20, NETPOL_WINDWO",
    "NETPOL_NODE, Bad Node, the name of a Node",
    "NETPOL_COMMAND_IPSET, 'sh -c \"ipset', a command whose quotes are closed",
    "NETPOL_COMMAND_IPTABLES_RESTORE, '\"x iptables-restore', a command whose quotes are closed",
    "NETPOL_DEFAULT_ISOLATION, yes, netpol.default-isolation",
  })
  void badOrUnknownSettingIsNamed(String variable, String value, String named) {
    assertThatThrownBy(() -> Settings.load(null, Map.of(variable, value), Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_LOCK_WAIT_SECONDS, 30, NETPOL_COMMAND_TIMEOUT, 30000, 'make the first less, or the"
        + " second more than 30000 ms'",
    "NETPOL_LOCK_WAIT_SECONDS, 10, NETPOL_COMMAND_TIMEOUT, 5000, killed while it may still wait",
    "NETPOL_WATCH_SILENCE, 300000, NETPOL_CACHE_MAX_STALENESS, 300000, before a silent watch is opened",
    "NETPOL_LIST_TIMEOUT, 200000, NETPOL_CACHE_MAX_STALENESS, 150000, while a list may still be read",
    "NETPOL_BACKEND, iptables-legacy, NETPOL_COMMAND_IPTABLES_RESTORE, iptables-nft-restore, other back-end",
    "NETPOL_BACKEND, iptables-nft, NETPOL_COMMAND_IP6TABLES_RESTORE, ip netns exec n1"
        + " /sbin/ip6tables-legacy-restore, set one of the two to auto",
    "NETPOL_COMMAND_IPTABLES_RESTORE, iptables-nft-restore, NETPOL_COMMAND_IP6TABLES_RESTORE,"
        + " ip6tables-legacy-restore, commands of two back-ends",
  })
  void settingsThatContradictEachOtherAreNamedWithTheirValues(
      String one, String value, String other, String otherValue, String said) {
    assertThatThrownBy(() -> Settings.load(null, Map.of(one, value, other, otherValue), Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining("(" + one + ") = " + value)
        .hasMessageContaining("(" + other + ") = " + otherValue)
        .hasMessageContaining(said);
  }

  @ParameterizedTest
  @CsvSource({
    "NETPOL_LOCK_WAIT_SECONDS, 29, NETPOL_COMMAND_TIMEOUT, 30000",
    "NETPOL_BATCH_INTERVAL, 501, NETPOL_BATCH_INTERVAL_MAX, 500",
    "NETPOL_BACKEND, iptables-nft, NETPOL_COMMAND_IPTABLES_RESTORE, ip netns exec a-legacy-host"
        + " iptables-nft-restore",
    "NETPOL_BACKEND, iptables-legacy, NETPOL_COMMAND_IPTABLES_RESTORE, /opt/nft/iptables-restore",
  })
  void settingsThatAgreeAreAccepted(String one, String value, String other, String otherValue) {
    Settings.load(null, Map.of(one, value, other, otherValue), Map.of());
  }

  @Test
  void propertyWithoutANameIsRefused(@TempDir Path home) throws IOException {
    Files.createDirectories(home.resolve("conf"));
    Files.writeString(home.resolve("conf/netpol.properties"), "=50\n");
    assertThatThrownBy(() -> Settings.load(home, Map.of(), Map.of()))
        .isInstanceOf(BadSettingException.class)
        .hasMessageContaining("unknown setting");
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
