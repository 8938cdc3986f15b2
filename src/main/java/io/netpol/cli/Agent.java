package io.netpol.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.netpol.iptables.Backend;
import io.netpol.iptables.Dataplane;
import io.netpol.iptables.DuePod;
import io.netpol.iptables.Tool;
import io.netpol.kubernetes.Sources;
import io.netpol.kubernetes.WatchLimits;
import io.netpol.observe.Applier;
import io.netpol.observe.ApplyHealth;
import io.netpol.observe.ExplainEndpoint;
import io.netpol.observe.LetterBox;
import io.netpol.observe.LoopHealth;
import io.netpol.observe.ViewAge;
import io.netpol.policy.Cluster;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.ObjectKey;
import io.netpol.route.Apply;
import io.netpol.route.Classify;
import io.netpol.route.Commands;
import io.netpol.route.Cut;
import io.netpol.route.DeadLetters;
import io.netpol.route.Enrich;
import io.netpol.route.Failure;
import io.netpol.route.LetterEvents;
import io.netpol.route.LetterFolder;
import io.netpol.route.LetterNews;
import io.netpol.route.LetterRequests;
import io.netpol.route.LintLog;
import io.netpol.route.MergeWork;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import io.netpol.route.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutorService;
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

  /** Commands' timeouts that one step may take: what is killed may need time to die. */
  private static final int STEPS = 3;

  /** More than the longest wait between two attempts. */
  private static final Duration STANDSTILL = Duration.ofMinutes(2);

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
    metricsAtStart(context);
    Cluster cluster = new Cluster(settings.node(), settings.defaultIsolation());
    Dataplane dataplane = Dataplane.unread(cluster, settings.renderOptions());
    Clock clock = Clock.systemUTC();
    LetterNews news = new LetterNews(settings.events(), settings.node(), clock);
    DeadLetters deadLetters = new DeadLetters(LetterFolder.of(settings), news);
    boolean cuts = settings.choice(Setting.CUT, Cut.Choice.class) == Cut.Choice.ON;
    Cut cut = new Cut(cluster, cuts, HostAddresses::now);
    Apply apply = new Apply(dataplane, deadLetters, cut, clock);
    Failure failure = new Failure(apply, deadLetters, cluster, settings.payloadChars(), clock);
    Enrich enrich = new Enrich(cluster);
    context.getRegistry().bind("kubernetesClient", KubernetesClient.class, client);
    context.getRegistry().bind("cluster", cluster);
    context.getRegistry().bind("enrich", enrich);
    context.getRegistry().bind("classify", new Classify());
    context.getRegistry().bind("mergeWork", new MergeWork());
    context.getRegistry().bind("lintLog", new LintLog(cluster));
    context.getRegistry().bind("apply", apply);
    context.getRegistry().bind("cut", cut);
    context.getRegistry().bind("deadLetters", deadLetters);
    context.getRegistry().bind("failure", failure);
    Processor noteFailure = failure::noteRetry;
    context.getRegistry().bind("noteFailure", noteFailure);
    context.getRegistry().bind("apply-health", new ApplyHealth(apply, deadLetters));
    bindApplier(context);
    context.getRegistry().bind("letterMapper", LetterFolder.mapper());
    context.getRegistry().bind("letterRequests", new LetterRequests(deadLetters, enrich));
    context.getRegistry().bind("letterNews", news);
    context.getRegistry().bind("letterEvents", new LetterEvents(client, news, settings.node()));
    context.getRegistry().bind("commands", new Commands());
    context
        .getRegistry()
        .bind(
            "limits",
            new WatchLimits(
                settings.millis(Setting.LIST_TIMEOUT),
                settings.millis(Setting.WATCH_SILENCE),
                settings.millis(Setting.VIEW_MAX_AGE)));
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
    addExplain(context, new ExplainEndpoint(cluster, pod -> isProgrammed(pod, cluster, dataplane)));
    Sources.bind(context);
    try {
      context.addService(new LetterBox(deadLetters));
    } catch (Exception e) {
      throw new IllegalStateException("cannot register the MBean of the dead letters", e);
    }
  }

  private void bindApplier(CamelContext context) {
    Applier applier =
        new Applier(context.getExecutorServiceManager().newSingleThreadExecutor(this, "applier"));
    context.getRegistry().bind("applier", ExecutorService.class, applier);
    context.getManagementStrategy().addEventNotifier(applier.steps());
    Duration limit = settings.millis(Setting.COMMAND_TIMEOUT).multipliedBy(STEPS).plus(STANDSTILL);
    LoopHealth health = new LoopHealth(applier, limit);
    health.setCamelContext(context);
    context.getRegistry().bind("loop-health", health);
  }

  private static void metricsAtStart(CamelContext context) {
    try {
      context.addStartupListener((started, already) -> bindMetrics(started));
    } catch (Exception e) {
      throw new IllegalStateException(e); // only a context that runs already calls the listener
    }
  }

  private static void bindMetrics(CamelContext context) {
    MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
    if (registry == null) {
      LOG.warn("no metrics: there is no meter registry");
    } else {
      new ViewAge(context).bindTo(registry);
    }
  }

  /** Whether the kernel holds the pod's rules of every family that is enforced. */
  private boolean isProgrammed(ObjectKey key, Cluster cluster, Dataplane dataplane) {
    Set<Family> enforced = settings.renderOptions().families();
    return cluster.localPod(key).stream()
        .flatMap(pod -> pod.addresses().stream())
        .map(IpAddress::family)
        .filter(enforced::contains)
        .allMatch(family -> dataplane.isProgrammed(new DuePod(key, family)));
  }

  /** The management server exists only once the context has been configured. */
  private static void addExplain(CamelContext context, ExplainEndpoint endpoint) {
    try {
      context.addStartupListener((started, already) -> started.addService(endpoint));
    } catch (Exception e) {
      throw new IllegalStateException("cannot add " + ExplainEndpoint.PATH, e);
    }
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
    String conntrack = settings.get(Setting.COMMAND_CONNTRACK);
    command(properties, "conntrack-list-ipv4", conntrack, "-L -f ipv4 -o extended");
    command(properties, "conntrack-list-ipv6", conntrack, "-L -f ipv6 -o extended");
    command(properties, "conntrack-delete", conntrack, "--load-file -");
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
