package io.netpol.cli;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.dataplane.iptables.UnmanagedFamilyCheck;
import io.netpol.net.Family;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings as Camel's properties: those that the routes name, and Camel's own. */
final class CamelProperties {

  private static final Logger LOG = LoggerFactory.getLogger(CamelProperties.class);

  /** How often a tool has its turn, so that a round of checks takes what the setting says. */
  private static final String CHECK_PERIOD = "netpol.check.period";

  private final Settings settings;
  private Backend.Found found;

  CamelProperties(Settings settings) {
    this.settings = settings;
  }

  /** All of them; Camel's own settings in the file win over those that are set here. */
  Properties all() {
    Properties properties = new Properties();
    for (Setting setting : Setting.values()) {
      properties.setProperty(setting.property(), settings.get(setting));
    }
    String iptables = restoreCommand(Setting.COMMAND_IPTABLES, IptablesTools.IPTABLES);
    String ip6tables = restoreCommand(Setting.COMMAND_IP6TABLES, IptablesTools.IP6TABLES);
    String restore = "--noflush --wait " + settings.get(Setting.LOCK_WAIT_SECONDS);
    command(properties, "iptables.write", iptables, restore);
    command(properties, "ip6tables.write", ip6tables, restore);
    command(properties, "iptables.read", save(iptables), "-t filter");
    command(properties, "ip6tables.read", save(ip6tables), "-t filter");
    command(properties, "iptables.count", save(iptables), "-c -t filter");
    command(properties, "ip6tables.count", save(ip6tables), "-c -t filter");
    warnOfLeftFamilies(Map.of(Family.IPV4, save(iptables), Family.IPV6, save(ip6tables)));
    String ipset = settings.get(Setting.COMMAND_IPSET);
    command(properties, "ipset.write", ipset, "-exist restore");
    command(properties, "ipset.read", ipset, "save");
    String conntrack = settings.get(Setting.COMMAND_CONNTRACK);
    command(properties, "conntrack-list-ipv4", conntrack, "-L -f ipv4 -o extended");
    command(properties, "conntrack-list-ipv6", conntrack, "-L -f ipv6 -o extended");
    command(properties, "conntrack-delete", conntrack, "--load-file -");
    String ip = settings.get(Setting.COMMAND_IP);
    command(properties, "ip-address", ip, "-json -details address show");
    command(properties, "ip-neighbour", ip, "-json neighbour show");
    command(properties, "ip-batch", ip, "-force -batch -");
    command(properties, "bridge-fdb", settings.get(Setting.COMMAND_BRIDGE), "-json fdb show");
    long round =
        Math.min(
            settings.millis(Setting.CHECK_DELAY).toMillis(),
            settings.millis(Setting.RESYNC_INTERVAL).toMillis());
    properties.setProperty(
        CHECK_PERIOD, Long.toString(Math.max(1, round / IptablesTools.ALL.size())));
    properties.setProperty("camel.main.name", "camel-netpol");
    properties.setProperty("camel.main.shutdownTimeout", "20");
    properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
    properties.setProperty("camel.opentelemetry2.enabled", "false");
    // Each costs an event more than its whole way; RouteMetrics reads the statistics there are.
    properties.setProperty("camel.metrics.enableExchangeEventNotifier", "false");
    properties.setProperty("camel.metrics.enableRoutePolicy", "false");
    properties.setProperty("camel.management.enabled", "true");
    properties.setProperty("camel.management.host", settings.get(Setting.HTTP_HOST));
    properties.setProperty("camel.management.port", settings.get(Setting.HTTP_PORT));
    settings.others().forEach(properties::setProperty);
    return properties;
  }

  private void warnOfLeftFamilies(Map<Family, String> saves) {
    Set<Family> enforced = settings.renderOptions().families();
    saves.forEach(
        (family, save) -> {
          String warning =
              enforced.contains(family)
                  ? null
                  : UnmanagedFamilyCheck.warning(family, save + " -t filter");
          if (warning != null) {
            LOG.warn("{}", warning);
          }
        });
  }

  private String restoreCommand(Setting setting, KernelTool tool) {
    String command = settings.get(setting);
    if (!command.equals("auto")) {
      return command;
    }
    // Rules of the two families in two back-ends would be a host that mixes them.
    return Stream.of(Setting.COMMAND_IPTABLES, Setting.COMMAND_IP6TABLES)
        .map(settings::get)
        .flatMap(other -> Backend.namedBy(other).stream())
        .findFirst()
        .orElseGet(() -> backend().backend())
        .restoreCommand(tool);
  }

  private Backend.Found backend() {
    if (found == null) {
      found = Backend.find(settings.choice(Setting.BACKEND, Backend.Choice.class));
      LOG.info("iptables back-end is {}: {}", found.backend(), found.reason());
      if (found.oursInOther()) {
        LOG.warn(
            "chains of an earlier run are in the other iptables back-end too, and filter as well:"
                + " stop the agent, run `netpol cleanup`, and start it again");
      }
    }
    return found;
  }

  private static String save(String restore) {
    return restore.substring(0, restore.length() - "restore".length()) + "save";
  }

  private static void command(Properties properties, String name, String command, String more) {
    String[] words = command.split(" +", 2);
    properties.setProperty("netpol.exec." + name, words[0]);
    properties.setProperty(
        "netpol.exec." + name + ".args", ((words.length > 1 ? words[1] : "") + " " + more).trim());
  }
}
