package io.netpol.cli;

import io.netpol.observe.ApplyExecutor;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.apply.BatchWindow;
import io.netpol.route.apply.Commands;
import io.netpol.route.apply.ConntrackCleanup;
import io.netpol.route.apply.EventLog;
import io.netpol.route.apply.FailureHandler;
import io.netpol.route.apply.MergeStrategy;
import io.netpol.route.apply.PendingTimer;
import io.netpol.route.apply.ToolFailures;
import io.netpol.route.apply.ToolLimits;
import io.netpol.route.deadletter.RoundLog;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.seda.QueueReference;
import org.apache.camel.component.seda.SedaComponent;
import org.apache.camel.spi.ExecutorServiceManager;

/** Binds what gathers work, delivers it to the kernel and takes what fails. */
final class ApplyConfiguration {

  /** Of a stop, when the routes were given their time. */
  private static final Duration LAST_WAIT = Duration.ofSeconds(1);

  /** The aggregate's correlation key in the routes. */
  private static final String BATCH = "node";

  /** The endpoint that routes listen to which want to know what happened. */
  private static final String NOTICES = "seda://notices";

  /** Where what happened waits to be told; the route that takes it says how much may wait. */
  private static final String HAPPENED = "seda:happened";

  @BindToRegistry final ToolFailures toolFailures = new ToolFailures();
  @BindToRegistry final Commands commands;
  @BindToRegistry final ApplyExecutor applier;
  @BindToRegistry final ConntrackCleanup connections;
  @BindToRegistry final ApplyService apply;
  @BindToRegistry final PendingTimer pendingTimer;
  @BindToRegistry final MergeStrategy mergeRequests;
  @BindToRegistry final BatchWindow batchWindow;
  @BindToRegistry final FailureHandler failure;
  @BindToRegistry final EventLog notices;

  /** Every event passes it, and a bean's method takes five times as long to call. */
  @BindToRegistry final Processor noticeOfPolicy;

  @BindToRegistry final Processor noteFailure;

  /** For a context that is not configured yet. */
  ApplyConfiguration(
      Settings settings,
      Clock clock,
      KnowledgeConfiguration knowledge,
      DeadLetterConfiguration letters,
      CamelContext context)
      throws Exception {
    ExecutorServiceManager executors = context.getExecutorServiceManager();
    // A tool that has not ended when the routes had to stop is killed then, within the grace period
    // of the pod; else it would live on and write later.
    executors.setShutdownAwaitTermination(LAST_WAIT.toMillis());
    commands = new Commands(toolFailures, knowledge.dataplane::listingOfFailure);
    applier = new ApplyExecutor(executors.newSingleThreadExecutor(this, "applier"));
    context.getManagementStrategy().addEventNotifier(applier.steps());
    connections =
        new ConntrackCleanup(
            knowledge.cluster,
            knowledge.holders,
            settings.isOn(Setting.TERMINATE_CONNECTIONS),
            HostAddresses::now);
    apply =
        new ApplyService(
            knowledge.dataplane, letters.deadLetters, connections, ToolLimits.of(settings), clock);
    pendingTimer = new PendingTimer(task -> executors.newThread("pending", task));
    mergeRequests = new MergeStrategy(knowledge.enrich, apply, pendingTimer);
    batchWindow =
        new BatchWindow(
            executors.newSingleThreadScheduledExecutor(this, "batch"),
            BATCH,
            settings.millis(Setting.BATCH_INTERVAL_MAX));
    RoundLog round = new RoundLog(settings.millis(Setting.RETRY_INTERVAL));
    apply.listen(round);
    failure =
        new FailureHandler(
            apply,
            letters.deadLetters,
            knowledge.cluster,
            settings.payloadChars(),
            new FailureHandler.Origin(settings.node(), Netpol.version()),
            round,
            clock);
    noteFailure = failure::noteRetry;
    ProducerTemplate queue = context.createProducerTemplate();
    context.addService(queue);
    notices =
        new EventLog(
            letters.deadLetters,
            settings.node(),
            settings.isOn(Setting.NOTICES_SPEC),
            clock,
            () -> areNoticesHeard(context),
            notice -> put(queue, notice));
    noticeOfPolicy = notices::policy;
  }

  /** Without waiting; whatever is wrong with those who tell, the pipeline goes on. */
  private static boolean put(ProducerTemplate queue, EventLog.Notice notice) {
    try {
      return !queue
          .send(HAPPENED, ExchangePattern.InOnly, each -> each.getMessage().setBody(notice))
          .isFailed();
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static boolean areNoticesHeard(CamelContext context) {
    QueueReference queue =
        context.getComponent("seda", SedaComponent.class).getQueueReference(NOTICES);
    return queue != null && queue.hasConsumers();
  }
}
