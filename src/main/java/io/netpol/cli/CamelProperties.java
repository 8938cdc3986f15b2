package io.netpol.cli;

import io.netpol.dataplane.ToolCommands;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns the settings into Camel's properties: those that the routes name, and Camel's own. */
final class CamelProperties {

  private static final Logger LOG = LoggerFactory.getLogger(CamelProperties.class);

  /** How often a tool has its turn, so that a round of checks takes what the setting says. */
  private static final String CHECK_PERIOD = "netpol.check.period";

  private final Settings settings;

  CamelProperties(Settings settings) {
    this.settings = settings;
  }

  /** Returns all of them; Camel's own settings in the file win over those that are set here. */
  Properties all() {
    Properties properties = new Properties();
    for (Setting setting : Setting.values()) {
      properties.setProperty(setting.property(), settings.get(setting));
      if (setting.formerProperty() != null) { // routes of one's own may have it as a placeholder
        properties.setProperty(setting.formerProperty(), settings.get(setting));
      }
    }
    ToolCommands tools =
        settings
            .dataplane()
            .commands(name -> properties.getProperty(name), settings.renderOptions().families());
    tools.found().forEach(found -> LOG.info("{}", found));
    tools.warnings().forEach(warning -> LOG.warn("{}", warning));
    tools.lines().forEach((name, line) -> command(properties, name, line, ""));
    String conntrack = settings.get(Setting.COMMAND_CONNTRACK);
    command(properties, "conntrack-list-ipv4", conntrack, "-L -f ipv4 -o extended");
    command(properties, "conntrack-list-ipv6", conntrack, "-L -f ipv6 -o extended");
    command(properties, "conntrack-delete", conntrack, "--load-file -");
    String ip = settings.get(Setting.COMMAND_IP);
    command(properties, "ip-address", ip, "-json -details address show");
    command(properties, "ip-neighbour", ip, "-json neighbour show");
    command(properties, "ip-batch", ip, "-force -batch -");
    // 1 where some of the lines were refused: neighbours that are gone
    properties.setProperty("netpol.exec.ip-batch.exit-values", "0,1");
    command(properties, "bridge-fdb", settings.get(Setting.COMMAND_BRIDGE), "-json fdb show");
    long round =
        Math.min(
            settings.millis(Setting.CHECK_DELAY).toMillis(),
            settings.millis(Setting.RESYNC_INTERVAL).toMillis());
    properties.setProperty(CHECK_PERIOD, Long.toString(Math.max(1, round / tools.tools())));
    properties.setProperty("camel.main.name", "camel-netpol");
    properties.setProperty("camel.main.shutdownTimeout", "20");
    properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
    properties.setProperty("camel.health.exposureLevel", "full");
    // RoutesHealth knows which routes the node needs; Camel's check is down for any that stops.
    properties.setProperty("camel.health.routesEnabled", "false");
    properties.setProperty("camel.metrics.enabled", "true");
    properties.setProperty("camel.metrics.path", "/observe/metrics");
    // Each costs an event more than its whole way; RouteMetrics reads the statistics there are.
    String meters = Boolean.toString(settings.isOn(Setting.CAMEL_METRICS));
    properties.setProperty("camel.metrics.enableExchangeEventNotifier", meters);
    properties.setProperty("camel.metrics.enableRoutePolicy", meters);
    properties.setProperty("camel.management.enabled", "true");
    properties.setProperty("camel.management.healthCheckEnabled", "true");
    properties.setProperty("camel.management.healthPath", "/observe/health");
    properties.setProperty("camel.management.metricsEnabled", "true");
    properties.setProperty("camel.management.host", settings.get(Setting.HTTP_HOST));
    properties.setProperty("camel.management.port", settings.get(Setting.HTTP_PORT));
    settings.others().forEach(properties::setProperty);
    return properties;
  }

  private static void command(Properties properties, String name, String command, String more) {
    String[] words = command.split(" +", 2);
    properties.setProperty("netpol.exec." + name, words[0]);
    properties.setProperty(
        "netpol.exec." + name + ".args", ((words.length > 1 ? words[1] : "") + " " + more).trim());
  }
}
