package io.netpol.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.netpol.iptables.Dataplane;
import io.netpol.iptables.DuePod;
import io.netpol.kubernetes.Sources;
import io.netpol.kubernetes.WatchLimits;
import io.netpol.observe.Applier;
import io.netpol.observe.ApplyHealth;
import io.netpol.observe.ExplainEndpoint;
import io.netpol.observe.LetterBox;
import io.netpol.observe.LoopHealth;
import io.netpol.observe.MatrixEndpoint;
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
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.Service;
import org.apache.camel.spi.Registry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the beans that the routes name, and everything that reports on them. */
final class Beans {

  private static final Logger LOG = LoggerFactory.getLogger(Beans.class);

  /** Commands' timeouts that one step may take: what is killed may need time to die. */
  private static final int STEPS = 3;

  /** More than the longest wait between two attempts. */
  private static final Duration STANDSTILL = Duration.ofMinutes(2);

  /** The aggregate's correlation key in the routes. */
  private static final String WINDOW_GROUP = "this-node";

  private final Settings settings;
  private final KubernetesClient client;
  private final CamelContext context;
  private final Registry registry;

  /** For a context that is not configured yet. */
  Beans(Settings settings, KubernetesClient client, CamelContext context) {
    this.settings = settings;
    this.client = client;
    this.context = context;
    this.registry = context.getRegistry();
  }

  /** Binds them all. */
  void bind() {
    metricsAtStart();
    Cluster cluster = new Cluster(settings.node(), settings.defaultIsolation(), settings.audits());
    Dataplane dataplane = Dataplane.unread(cluster, settings.renderOptions());
    Clock clock = Clock.systemUTC();
    LetterNews news = new LetterNews(settings.events(), settings.node(), clock);
    DeadLetters deadLetters = new DeadLetters(LetterFolder.of(settings), news);
    boolean cuts = settings.choice(Setting.CUT, Cut.Choice.class) == Cut.Choice.ON;
    Cut cut = new Cut(cluster, cuts, HostAddresses::now);
    Apply apply = new Apply(dataplane, deadLetters, cut, clock);
    Failure failure = new Failure(apply, deadLetters, cluster, settings.payloadChars(), clock);
    Enrich enrich = new Enrich(cluster);
    registry.bind("kubernetesClient", KubernetesClient.class, client);
    registry.bind("cluster", cluster);
    registry.bind("enrich", enrich);
    registry.bind("classify", new Classify());
    registry.bind("mergeWork", new MergeWork());
    registry.bind("lintLog", new LintLog(cluster));
    registry.bind("apply", apply);
    registry.bind("cut", cut);
    registry.bind("deadLetters", deadLetters);
    registry.bind("failure", failure);
    Processor noteFailure = failure::noteRetry;
    registry.bind("noteFailure", noteFailure);
    registry.bind("apply-health", new ApplyHealth(apply, deadLetters));
    bindApplier();
    registry.bind("letterMapper", LetterFolder.mapper());
    registry.bind("letterRequests", new LetterRequests(deadLetters, enrich));
    registry.bind("letterNews", news);
    registry.bind("letterEvents", new LetterEvents(client, news, settings.node()));
    registry.bind("commands", new Commands());
    registry.bind(
        "limits",
        new WatchLimits(
            settings.millis(Setting.LIST_TIMEOUT),
            settings.millis(Setting.WATCH_SILENCE),
            settings.millis(Setting.VIEW_MAX_AGE)));
    registry.bind(
        "window",
        new Window(
            context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "window"),
            WINDOW_GROUP,
            settings.millis(Setting.WINDOW),
            settings.millis(Setting.WINDOW_MOST)));
    addEndpoint(new ExplainEndpoint(cluster, pod -> holds(pod, cluster, dataplane)));
    addEndpoint(new MatrixEndpoint(cluster));
    Sources.bind(context);
    try {
      context.addService(new LetterBox(deadLetters));
    } catch (Exception e) {
      throw new IllegalStateException("cannot register the MBean of the dead letters", e);
    }
  }

  private void bindApplier() {
    Applier applier =
        new Applier(context.getExecutorServiceManager().newSingleThreadExecutor(this, "applier"));
    registry.bind("applier", ExecutorService.class, applier);
    context.getManagementStrategy().addEventNotifier(applier.steps());
    Duration limit = settings.millis(Setting.COMMAND_TIMEOUT).multipliedBy(STEPS).plus(STANDSTILL);
    LoopHealth health = new LoopHealth(applier, limit);
    health.setCamelContext(context);
    registry.bind("loop-health", health);
  }

  private void metricsAtStart() {
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

  /** Whether the kernel holds exactly the pod's rules, of every family that is enforced. */
  private boolean holds(ObjectKey key, Cluster cluster, Dataplane dataplane) {
    Set<Family> enforced = settings.renderOptions().families();
    return cluster.localPod(key).stream()
        .flatMap(pod -> pod.addresses().stream())
        .map(IpAddress::family)
        .filter(enforced::contains)
        .allMatch(family -> dataplane.holds(new DuePod(key, family)));
  }

  /** The management server exists only once the context has been configured. */
  private void addEndpoint(Service endpoint) {
    try {
      context.addStartupListener((started, already) -> started.addService(endpoint));
    } catch (Exception e) {
      throw new IllegalStateException("cannot add " + endpoint, e);
    }
  }
}
