package io.netpol.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.iptables.Backend;
import io.netpol.iptables.Dataplane;
import io.netpol.iptables.Tool;
import io.netpol.kubernetes.Sources;
import io.netpol.observe.ApplyHealth;
import io.netpol.policy.Cluster;
import io.netpol.route.Apply;
import io.netpol.route.Classify;
import io.netpol.route.DeadLetters;
import io.netpol.route.Enrich;
import io.netpol.route.Failure;
import io.netpol.route.MergeWork;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import io.netpol.route.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Binds the beans that the routes name, and hands settings to Camel. */
final class Agent {

  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  /** The aggregate's correlation key in the routes. */
  private static final String WINDOW_GROUP = "this-node";

  private final Settings settings;
  private final KubernetesClient client;
  private Backend.Found found;
  private final Main main = new Main(Agent.class);

  /** An agent that is not started; it closes the client when it stops. */
  Agent(Settings settings, KubernetesClient client) {
    this.settings = settings;
    this.client = client;
    main.configure().withRoutesIncludePattern("file:" + realPath(settings) + "/*.camel.yaml");
    main.setOverrideProperties(properties());
    main.addMainListener(
        new MainListenerSupport() {
          @Override
          public void beforeConfigure(BaseMainSupport support) {
            bind(support.getCamelContext());
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

  /** Says so where packets between pods on one bridge never reach the rules. */
  private static void checkBridges() {
    for (String name : List.of("bridge-nf-call-iptables", "bridge-nf-call-ip6tables")) {
      Path file = Path.of("/proc/sys/net/bridge", name);
      try {
        if (Files.exists(file) && Files.readString(file).trim().equals("0")) {
          LOG.warn(
              "net.bridge.{} is 0: packets between pods on one bridge are not filtered; set it to 1"
                  + " where pods hang on a bridge",
              name);
        }
      } catch (IOException e) {
        LOG.warn("cannot read {}: {}", file, e.toString());
      }
    }
  }

  /** Starts and returns; {@link #stop} ends it. */
  void start() throws Exception {
    main.start();
  }

  /** Runs until the process is asked to end. Rules stay. */
  void run() throws Exception {
    checkBridges();
    main.run();
  }

  /** Stops the routes; what is in the kernel stays. */
  void stop() {
    main.stop();
  }

  /** The running context; null before it is started. */
  CamelContext context() {
    return main.getCamelContext();
  }

  private void bind(CamelContext context) {
    Cluster cluster = new Cluster(settings.node(), settings.defaultIsolation());
    Dataplane dataplane = Dataplane.unread(cluster, settings.renderOptions());
    Clock clock = Clock.systemUTC();
    DeadLetters deadLetters = new DeadLetters(Path.of(settings.get(Setting.DEAD_LETTERS)));
    Apply apply = new Apply(dataplane, deadLetters, clock);
    Failure failure = new Failure(apply, deadLetters, cluster, clock);
    context.getRegistry().bind("kubernetesClient", KubernetesClient.class, client);
    context.getRegistry().bind("cluster", cluster);
    context.getRegistry().bind("enrich", new Enrich(cluster));
    context.getRegistry().bind("classify", new Classify());
    context.getRegistry().bind("mergeWork", new MergeWork());
    context.getRegistry().bind("apply", apply);
    context.getRegistry().bind("deadLetters", deadLetters);
    context.getRegistry().bind("failure", failure);
    Processor noteFailure = failure::noteRetry;
    context.getRegistry().bind("noteFailure", noteFailure);
    context.getRegistry().bind("letterMapper", letterMapper());
    context
        .getRegistry()
        .bind(
            "applier",
            java.util.concurrent.ExecutorService.class,
            context.getExecutorServiceManager().newSingleThreadExecutor(this, "applier"));
    context
        .getRegistry()
        .bind(
            "window",
            new Window(
                context
                    .getExecutorServiceManager()
                    .newSingleThreadScheduledExecutor(this, "window"),
                WINDOW_GROUP,
                settings.millis(Setting.WINDOW),
                settings.millis(Setting.WINDOW_MOST)));
    context.getRegistry().bind("apply-health", new ApplyHealth(apply));
    Sources.bind(context);
  }

  private static ObjectMapper letterMapper() {
    return new ObjectMapper()
        .registerModule(new JavaTimeModule())
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
  }

  private Properties properties() {
    Properties properties = new Properties();
    for (Setting setting : Setting.values()) {
      properties.setProperty(setting.property(), settings.get(setting));
    }
    String iptables = restoreCommand(Setting.COMMAND_IPTABLES, Tool.IPTABLES);
    String ip6tables = restoreCommand(Setting.COMMAND_IP6TABLES, Tool.IP6TABLES);
    String restore = "--noflush --wait " + settings.get(Setting.LOCK_WAIT_SECONDS);
    command(properties, "iptables-restore", iptables, restore);
    command(properties, "ip6tables-restore", ip6tables, restore);
    command(properties, "iptables-save", save(iptables), "-t filter");
    command(properties, "ip6tables-save", save(ip6tables), "-t filter");
    String ipset = settings.get(Setting.COMMAND_IPSET);
    command(properties, "ipset-restore", ipset, "-exist restore");
    command(properties, "ipset-save", ipset, "save");
    properties.setProperty("camel.main.name", "camel-netpol");
    properties.setProperty("camel.main.shutdownTimeout", "20");
    properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
    properties.setProperty("camel.management.enabled", "true");
    properties.setProperty("camel.management.host", settings.get(Setting.HTTP_HOST));
    properties.setProperty("camel.management.port", settings.get(Setting.HTTP_PORT));
    return properties;
  }

  private String restoreCommand(Setting setting, Tool tool) {
    String command = settings.get(setting);
    if (!command.equals("auto")) {
      return command;
    }
    return backend().backend().restoreCommand(tool);
  }

  private Backend.Found backend() {
    if (found == null) {
      found =
          switch (settings.choice(Setting.BACKEND, Backend.Choice.class)) {
            case AUTO -> Backend.detect();
            case NFT -> new Backend.Found(Backend.NFT, "it is set");
            case LEGACY -> new Backend.Found(Backend.LEGACY, "it is set");
          };
      LOG.info("iptables back-end is {}: {}", found.backend(), found.reason());
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
