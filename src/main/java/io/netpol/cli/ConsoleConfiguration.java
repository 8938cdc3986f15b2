package io.netpol.cli;

import io.netpol.observe.ApplyHistory;
import io.netpol.observe.console.AgentControl;
import io.netpol.observe.console.AgentView;
import io.netpol.observe.console.ConsoleEndpoint;
import io.netpol.observe.console.DeadLetterMBean;
import io.netpol.observe.console.ExplainEndpoint;
import io.netpol.observe.console.MatrixEndpoint;
import io.netpol.observe.console.NodeView;
import io.netpol.observe.console.RouteYaml;
import io.netpol.observe.console.RoutesReload;
import io.netpol.observe.console.SharedMBeanInfo;
import io.netpol.observe.metrics.KernelReader;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.spi.ModelToYAMLDumper;

/** Binds what an operator sees of a running agent and asks of it: console, endpoints and MBeans. */
final class ConsoleConfiguration {

  /** Less than whoever asks the agent waits for its answer. */
  private static final Duration READING = Duration.ofSeconds(10);

  @BindToRegistry(AgentView.NAME)
  final AgentView view;

  /** For a context that is not configured yet. */
  ConsoleConfiguration(
      Settings settings,
      KnowledgeConfiguration knowledge,
      DeadLetterConfiguration letters,
      ApplyConfiguration applying,
      HealthConfiguration health,
      CamelContext context)
      throws Exception {
    var cluster = knowledge.cluster;
    var dataplane = knowledge.dataplane;
    var families = settings.renderOptions().families();
    ApplyHistory activity = new ApplyHistory(cluster);
    applying.apply.listen(activity);
    view =
        new AgentView(
            context,
            cluster,
            dataplane,
            families,
            new NodeView(
                cluster, dataplane, letters.deadLetters, activity, knowledge.enrich::problems),
            activity,
            applying.applier,
            applying.batchWindow,
            letters.deadLetters);
    AgentControl control =
        new AgentControl(
            view,
            dataplane,
            () -> {
              applying.apply.resyncScheduler().forceReread();
              return knowledge.enrich.everything();
            });
    if (settings.isOn(Setting.ROUTES_RELOAD)) {
      Runnable resync =
          () -> {
            // Before all is listed nothing is due; the end of the lists makes it so.
            if (knowledge.enrich.wanted() != null) {
              control.resync();
            }
          };
      atStart(
          context,
          new RoutesReload(
              Path.of(settings.get(Setting.ROUTES)),
              health.routeFilesCheck,
              health.routes,
              resync));
    }
    KernelReader kernel =
        new KernelReader(
            context, cluster, dataplane, applying.apply.resyncScheduler(), families, READING);
    context.getCamelContextExtension().addContextPlugin(ModelToYAMLDumper.class, new RouteYaml());
    context.getCamelContextExtension().setManagementMBeanAssembler(new SharedMBeanInfo(context));
    atStart(context, new ConsoleEndpoint(view));
    atStart(context, new ExplainEndpoint(cluster, HostAddresses::now, kernel));
    atStart(context, new MatrixEndpoint(cluster, HostAddresses::now));
    context.addService(new DeadLetterMBean(letters.deadLetters));
    context.addService(control);
  }

  /**
   * Adds a service when the context starts, because the management server exists only once the
   * context has been configured.
   */
  private static void atStart(CamelContext context, Service service) throws Exception {
    FirstStart.of(context, started -> started.addService(service));
  }
}
