package io.netpol.cli;

import io.netpol.kubernetes.ApiServer;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;

/** The routes of one node, with their beans and settings, from start to stop. */
public final class Agent {

  /** A command that is to end is killed after a moment, and that is said. */
  private static final Duration LAST_COMMAND = Duration.ofSeconds(10);

  private final Settings settings;
  private final Main main;
  private ExecutorService applier;

  /** Makes an agent without starting it; it closes the connection when it stops. */
  public Agent(Settings settings, ApiServer api) {
    this.settings = settings;
    main = new AgentMain(realPath(settings));
    main.setOverrideProperties(new CamelProperties(settings).all());
    main.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeConfigure(BaseMainSupport support) {
            CamelContext context = support.getCamelContext();
            // Camel reads this setting after the beans have made their threads.
            String threads = settings.others().get("camel.main.threadNamePattern");
            if (threads != null) {
              context.getExecutorServiceManager().setThreadNamePattern(threads);
            }
            AgentConfiguration.bind(settings, api, context);
            applier = context.getRegistry().lookupByNameAndType("applier", ExecutorService.class);
          }

          @Override
          public void afterStop(BaseMainSupport support) {
            try {
              // A tool that is not killed now would go on without the agent.
              applier.awaitTermination(LAST_COMMAND.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        });
  }

  /** Camel finds nothing in a folder that is a link. */
  private static Path realPath(Settings settings) {
    Path routes = Path.of(settings.get(Setting.ROUTES));
    try {
      return routes.toRealPath();
    } catch (IOException e) {
      return routes; // Camel says what is wrong with it
    }
  }

  /** Starts and returns; {@link #stop} ends it. */
  public void start() throws Exception {
    main.start();
  }

  /** Runs until the process, which does nothing else, is asked to end. Rules stay. */
  void run() throws Exception {
    main.addMainListener(
        new MainListenerSupport() {
          @Override
          public void afterConfigure(BaseMainSupport support) {
            ApplyService apply =
                support.getCamelContext().getRegistry().findSingleByType(ApplyService.class);
            apply.listen(new HeapTrimmer());
            apply.listen(new FormerBackEnds(settings));
          }
        });
    main.run();
  }

  /** Stops the routes; what is in the kernel stays. */
  public void stop() {
    main.stop();
  }

  /** The running context; null before it is started. */
  CamelContext context() {
    return main.getCamelContext();
  }
}
