package io.netpol.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.ReadableObjects;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import picocli.CommandLine.Command;

/** Runs the agent of this node until it is asked to end; the rules stay. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Run the agent of this node. SIGTERM ends it and leaves all rules in place.")
public final class RunCommand implements Callable<Integer> {

  /** Before the API server is tried again after it went away; the client doubles it five times. */
  private static final int RECONNECT_MILLIS = 250;

  @Override
  public Integer call() throws Exception {
    Settings settings = Settings.load(Netpol.home(), System.getenv(), Map.of());
    settings.node();
    if (settings.agentLog() == Settings.LogForm.JSON) {
      JsonLog.use((LoggerContext) LogManager.getContext(false));
    }
    RoutesFolder.check(settings.get(Setting.ROUTES));
    checkPort(settings.get(Setting.HTTP_HOST), settings.get(Setting.HTTP_PORT));
    try (KubernetesClient client = client(settings)) {
      new Agent(settings, client).run();
    }
    return 0;
  }

  /** Without its port an agent would go on, and nobody could look into it. */
  static void checkPort(String host, String port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, Integer.parseInt(port)));
    } catch (IOException e) {
      throw new BadInputException(
          String.format(
              Locale.ROOT,
              "health and metrics cannot listen on %s:%s (%s, %s): %s",
              host,
              port,
              Setting.HTTP_HOST.property(),
              Setting.HTTP_PORT.property(),
              e.getMessage()));
    }
  }

  private static KubernetesClient client(Settings settings) {
    Config config =
        new ClusterAccess(
                String.format(
                    Locale.ROOT,
                    "set %s (%s) to the path of one",
                    Setting.KUBECONFIG.property(),
                    Setting.KUBECONFIG.variable()))
            .config(settings.get(Setting.KUBECONFIG));
    config.setRequestTimeout((int) settings.millis(Setting.LIST_TIMEOUT).toMillis());
    return ClusterAccess.client(config, RunCommand::client);
  }

  /** A client that never gives a watch up. */
  public static KubernetesClient client(Config config) {
    Config patient =
        new ConfigBuilder(config)
            .withWatchReconnectInterval(RECONNECT_MILLIS)
            .withWatchReconnectLimit(-1)
            // The sources try again by themselves, and tell health of every failure at once.
            .withRequestRetryBackoffLimit(1)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(patient)
        .withKubernetesSerialization(ReadableObjects.serialization())
        .build();
  }
}
