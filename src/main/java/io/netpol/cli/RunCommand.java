package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.ApiServerAccess;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Locale;
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

  @Override
  public Integer call() throws Exception {
    Settings settings = BackendChoice.settings(Netpol.home(), System.getenv());
    settings.node();
    if (settings.agentLog() == Settings.LogForm.JSON) {
      JsonLog.use((LoggerContext) LogManager.getContext(false));
    }
    RoutesFolder.check(settings.get(Setting.ROUTES));
    checkPort(settings.get(Setting.HTTP_HOST), settings.get(Setting.HTTP_PORT));
    try (ApiServer api = connect(settings)) {
      new Agent(settings, api).run();
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

  private static ApiServer connect(Settings settings) {
    String otherwise =
        String.format(
            Locale.ROOT,
            "set %s (%s) to the path of one",
            Setting.KUBECONFIG.property(),
            Setting.KUBECONFIG.variable());
    try {
      return ApiServer.watched(
          new ApiServerAccess(settings.get(Setting.KUBECONFIG), otherwise),
          settings.millis(Setting.LIST_TIMEOUT));
    } catch (ManifestException e) {
      throw new BadInputException(e.getMessage());
    }
  }
}
