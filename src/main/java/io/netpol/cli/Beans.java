package io.netpol.cli;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netpol.dataplane.Dataplane;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.KubernetesEventPublisher;
import io.netpol.kubernetes.WatchLimits;
import io.netpol.kubernetes.WatchedObjectsComponent;
import io.netpol.observe.Activity;
import io.netpol.observe.AgentControl;
import io.netpol.observe.AgentView;
import io.netpol.observe.Applier;
import io.netpol.observe.ApplyHealth;
import io.netpol.observe.ApplyMetrics;
import io.netpol.observe.BridgeHealth;
import io.netpol.observe.BridgeMetrics;
import io.netpol.observe.BridgePortMetrics;
import io.netpol.observe.Bridges;
import io.netpol.observe.ConntrackHealth;
import io.netpol.observe.ConsoleEndpoint;
import io.netpol.observe.CutMetrics;
import io.netpol.observe.DriftMetrics;
import io.netpol.observe.EventMetrics;
import io.netpol.observe.ExplainEndpoint;
import io.netpol.observe.KernelReader;
import io.netpol.observe.LetterBox;
import io.netpol.observe.LetterMetrics;
import io.netpol.observe.LoopHealth;
import io.netpol.observe.MatrixEndpoint;
import io.netpol.observe.NodeHealth;
import io.netpol.observe.NodeMetrics;
import io.netpol.observe.NodeView;
import io.netpol.observe.PacketCounters;
import io.netpol.observe.RouteMetrics;
import io.netpol.observe.RoutesHealth;
import io.netpol.observe.RoutesReload;
import io.netpol.observe.ToolMetrics;
import io.netpol.observe.ViewAge;
import io.netpol.route.AddressHolders;
import io.netpol.route.Apply;
import io.netpol.route.BridgeLearning;
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
import io.netpol.route.NodePresence;
import io.netpol.route.Notices;
import io.netpol.route.Printed;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import io.netpol.route.ToolFailures;
import io.netpol.route.ToolLimits;
import io.netpol.route.Window;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.seda.QueueReference;
import org.apache.camel.component.seda.SedaComponent;
import org.apache.camel.spi.Registry;

/** Makes the beans that the routes name, and everything that reports on them. */
final class Beans {

  /** Commands' timeouts that one step may take: what is killed may need time to die. */
  private static final int STEPS = 3;

  /** Of a stop, when the routes were given their time. */
  private static final Duration LAST_WAIT = Duration.ofSeconds(1);

  /** More than the longest wait between two attempts. */
  private static final Duration STANDSTILL = Duration.ofMinutes(2);

  /** Less than whoever asks the agent waits for its answer. */
  private static final Duration READING = Duration.ofSeconds(10);

  /** The aggregate's correlation key in the routes. */
  private static final String WINDOW_GROUP = "this-node";

  /** The endpoint that routes listen to which want to know what happened. */
  private static final String NOTICES = "seda://notices";

  private final Settings settings;
  private final KubernetesClient client;
  private final CamelContext context;
  private final Registry registry;

  /** Camel's own metrics go here too. */
  private final MeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** For a context that is not configured yet. */
  Beans(Settings settings, KubernetesClient client, CamelContext context) {
    this.settings = settings;
    this.client = client;
    this.context = context;
    this.registry = context.getRegistry();
  }

  /** Binds them all. */
  void bind() {
    registry.bind("metricsRegistry", MeterRegistry.class, meters);
    atStart(this::bindMetrics);
    Cluster cluster = new Cluster(settings.node(), settings.defaultIsolation(), settings.audits());
    Dataplane dataplane = settings.dataplane().create(cluster, settings.renderOptions());
    Clock clock = Clock.systemUTC();
    LetterNews news = new LetterNews(settings.events(), settings.node(), clock);
    DeadLetters deadLetters = new DeadLetters(LetterFolder.of(settings), news);
    boolean cuts =
        settings.choice(Setting.TERMINATE_CONNECTIONS, Cut.Choice.class) == Cut.Choice.ON;
    AddressHolders holders = new AddressHolders(cluster);
    Cut cut = new Cut(cluster, holders, cuts, HostAddresses::now);
    Apply apply = new Apply(dataplane, deadLetters, cut, ToolLimits.of(settings), clock);
    ApplyMetrics applyMetrics = new ApplyMetrics(meters, dataplane);
    apply.listen(applyMetrics);
    context.getManagementStrategy().addEventNotifier(applyMetrics.deliveries());
    new NodeMetrics(cluster, dataplane, settings.renderOptions().families()).bindTo(meters);
    registry.bind(
        "counters",
        new PacketCounters(meters, cluster, dataplane, settings.isOn(Setting.COUNTERS)));
    Failure failure = new Failure(apply, deadLetters, cluster, settings.payloadChars(), clock);
    NodePresence presence = new NodePresence(cluster, HostAddresses::now);
    registry.bind("node-health", new NodeHealth(presence));
    Enrich enrich = new Enrich(cluster, holders, dataplane, presence);
    registry.bind("kubernetesClient", KubernetesClient.class, client);
    registry.bind("cluster", cluster);
    registry.bind("dataplane", Dataplane.class, dataplane);
    registry.bind("enrich", enrich);
    registry.bind("classify", new Classify());
    registry.bind("mergeWork", new MergeWork(enrich, apply));
    registry.bind("lintLog", new LintLog(cluster));
    registry.bind("apply", apply);
    registry.bind("cut", cut);
    registry.bind("conntrack-health", new ConntrackHealth(cut));
    registry.bind("deadLetters", deadLetters);
    registry.bind("failure", failure);
    Notices notices = new Notices(deadLetters, settings.node(), clock, this::areNoticesHeard);
    registry.bind("notices", notices);
    // Every event passes it, and a bean's method takes five times as long to call.
    Processor noticeOfPolicy = notices::policy;
    registry.bind("noticeOfPolicy", noticeOfPolicy);
    Processor noteFailure = failure::noteRetry;
    registry.bind("noteFailure", noteFailure);
    registry.bind("bridgeLearning", bridgeLearning(cluster, dataplane));
    registry.bind(
        "bridge-health", new BridgeHealth(new Bridges(), settings.renderOptions().families()));
    Applier applier = bindApplier();
    Duration overdue = settings.millis(Setting.COMMAND_TIMEOUT).multipliedBy(2);
    registry.bind("apply-health", new ApplyHealth(apply, deadLetters, applier, overdue));
    registry.bind("letterMapper", LetterFolder.mapper());
    registry.bind("letterRequests", new LetterRequests(deadLetters, enrich));
    registry.bind("letterNews", news);
    registry.bind(
        "letterEvents",
        new LetterEvents(new KubernetesEventPublisher(client, settings.node()), news));
    ToolFailures toolFailures = new ToolFailures();
    registry.bind("toolFailures", toolFailures);
    registry.bind("commands", new Commands(toolFailures));
    context
        .getTypeConverterRegistry()
        .addTypeConverter(String.class, Printed.class, Printed.toText());
    registry.bind(
        "limits",
        new WatchLimits(
            settings.millis(Setting.LIST_TIMEOUT),
            settings.millis(Setting.WATCH_SILENCE),
            settings.millis(Setting.CACHE_MAX_STALENESS)));
    Window window =
        new Window(
            context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "window"),
            WINDOW_GROUP,
            settings.millis(Setting.BATCH_INTERVAL),
            settings.millis(Setting.BATCH_INTERVAL_MAX));
    registry.bind("window", window);
    Activity activity = new Activity(cluster);
    apply.listen(activity);
    AgentView view =
        new AgentView(
            context,
            cluster,
            dataplane,
            settings.renderOptions().families(),
            new NodeView(cluster, dataplane, deadLetters, activity, enrich::problems),
            activity,
            applier,
            window,
            deadLetters);
    registry.bind(AgentView.NAME, view);
    atStart(started -> started.addService(new ConsoleEndpoint(view)));
    AgentControl control =
        new AgentControl(
            view,
            dataplane,
            () -> {
              apply.checked().demand();
              return enrich.everything();
            });
    // Before all is listed nothing is due; the end of the lists makes it so.
    bindRoutes(
        () -> {
          if (enrich.wanted() != null) {
            control.resync();
          }
        });
    KernelReader kernel =
        new KernelReader(
            context,
            cluster,
            dataplane,
            apply.checked(),
            settings.renderOptions().families(),
            READING);
    ExplainEndpoint explain = new ExplainEndpoint(cluster, HostAddresses::now, kernel);
    // The management server exists only once the context has been configured.
    atStart(started -> started.addService(explain));
    atStart(started -> started.addService(new MatrixEndpoint(cluster, HostAddresses::now)));
    WatchedObjectsComponent.bind(context);
    try {
      context.addService(new LetterBox(deadLetters));
      context.addService(control);
    } catch (Exception e) {
      throw new IllegalStateException("cannot register the MBeans", e);
    }
  }

  private BridgeLearning bridgeLearning(Cluster cluster, Dataplane dataplane) {
    return new BridgeLearning(
        cluster,
        dataplane,
        settings.renderOptions().bridge().filter(),
        settings.millis(Setting.RESYNC_INTERVAL),
        new Bridges()::areFiltered,
        System::nanoTime);
  }

  private boolean areNoticesHeard() {
    QueueReference queue =
        context.getComponent("seda", SedaComponent.class).getQueueReference(NOTICES);
    return queue != null && queue.hasConsumers();
  }

  private Applier bindApplier() {
    // A tool that has not ended when the routes had to stop is killed then, within the grace period
    // of the pod; else it would live on and write later.
    context.getExecutorServiceManager().setShutdownAwaitTermination(LAST_WAIT.toMillis());
    Applier applier =
        new Applier(context.getExecutorServiceManager().newSingleThreadExecutor(this, "applier"));
    registry.bind("applier", ExecutorService.class, applier);
    context.getManagementStrategy().addEventNotifier(applier.steps());
    Duration limit = settings.millis(Setting.COMMAND_TIMEOUT).multipliedBy(STEPS).plus(STANDSTILL);
    LoopHealth health = new LoopHealth(applier, limit);
    health.setCamelContext(context);
    registry.bind("loop-health", health);
    return applier;
  }

  /** The families whose counters are read. */
  private void bindRoutes(Runnable resync) {
    RoutesHealth health = new RoutesHealth();
    health.setCamelContext(context);
    registry.bind("routes-health", health);
    atStart(health::expect);
    if (settings.isOn(Setting.ROUTES_RELOAD)) {
      RoutesReload reload = new RoutesReload(Path.of(settings.get(Setting.ROUTES)), health, resync);
      atStart(started -> started.addService(reload));
    }
  }

  /** Does something when the context has started. */
  private void atStart(StartStep step) {
    try {
      context.addStartupListener((started, already) -> step.run(started));
    } catch (Exception e) {
      throw new IllegalStateException(e); // only a context that runs already calls the listener
    }
  }

  /** The metrics that are read from what there is when somebody asks. */
  private void bindMetrics(CamelContext started) {
    new ViewAge(started).bindTo(meters);
    new EventMetrics(started).bindTo(meters);
    new RouteMetrics(started).bindTo(meters);
    new DriftMetrics(
            registry.findSingleByType(Apply.class).checked(),
            registry.lookupByNameAndType("dataplane", Dataplane.class).tools())
        .bindTo(meters);
    new BridgeMetrics(registry.findSingleByType(BridgeHealth.class)).bindTo(meters);
    new BridgePortMetrics(registry.findSingleByType(BridgeLearning.class)).bindTo(meters);
    new CutMetrics(registry.findSingleByType(Cut.class)).bindTo(meters);
    new ToolMetrics(registry.findSingleByType(ToolFailures.class)).bindTo(meters);
    new LetterMetrics(registry.findSingleByType(DeadLetters.class)).bindTo(meters);
  }

  private interface StartStep {
    void run(CamelContext started) throws Exception;
  }
}
