package io.netpol.cli;

import io.fabric8.kubernetes.api.model.Pod;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.WatchedObjectsConstants;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.apache.camel.support.DefaultConsumer;

/** An agent in this JVM whose tools write down what they are given, for measuring its routes. */
public final class InProcessAgent implements AutoCloseable {

  private static final String HOUR = Long.toString(Duration.ofHours(1).toMillis());

  private final FakeTools tools;
  private final ApiServer api;
  private final Agent agent;
  private final DefaultConsumer pods;
  private Processor bare;

  /** Starts one; the folder is for its tools. */
  public InProcessAgent(String kubeconfig, String node, Path folder) throws Exception {
    tools = new FakeTools(folder);
    api = ApiServer.watched(kubeconfig);
    Map<Setting, String> settings =
        AgentSettings.of(node, folder.resolve("dead-letters"), tools.settings());
    // These tools keep nothing: a look at what the kernel has would find it all gone.
    settings.put(Setting.CHECK_DELAY, HOUR);
    settings.put(Setting.RESYNC_INTERVAL, HOUR);
    agent = new Agent(Settings.of(settings), api);
    agent.start();
    pods = (DefaultConsumer) agent.context().getRoute("pods").getConsumer();
  }

  /** Sends a pod through the routes as their source would, and returns when it is through. */
  public void modified(Pod pod) throws Exception {
    send(pod, pods.getProcessor());
  }

  /** Sends a pod through routes of the same shape whose steps do nothing. */
  public void throughBareRoutes(Pod pod) throws Exception {
    if (bare == null) {
      RouteBuilder.addRoutes(agent.context(), InProcessAgent::bareRoutes);
      bare = ((DefaultConsumer) agent.context().getRoute("bare-pods").getConsumer()).getProcessor();
    }
    send(pod, bare);
  }

  /**
   * What {@code sources} and {@code pipeline} are to an event without meaning. No class of its own:
   * the agent takes every RouteBuilder in for one of its own.
   */
  private static void bareRoutes(RouteBuilder routes) {
    Processor nothing = exchange -> {};
    routes.from("direct:bare-pods").routeId("bare-pods").to("direct:bare-event");
    routes
        .from("direct:bare-event")
        .routeId("bare-pipeline")
        .process(nothing)
        .filter(routes.simple("${header.NetpolKind} == 'NetworkPolicy'"))
        .process(nothing)
        .end()
        .filter(routes.simple("${header.Due} > 0"))
        .process(nothing)
        .end();
  }

  private void send(Pod pod, Processor to) throws Exception {
    Exchange exchange = pods.createExchange(false);
    try {
      exchange.getIn().setBody(pod);
      exchange.getIn().setHeader(WatchedObjectsConstants.KIND, "Pod");
      exchange.getIn().setHeader(KubernetesConstants.KUBERNETES_EVENT_ACTION, "MODIFIED");
      exchange
          .getIn()
          .setHeader(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP, System.currentTimeMillis());
      to.process(exchange);
      if (exchange.getException() != null) {
        throw exchange.getException();
      }
    } finally {
      pods.releaseExchange(exchange, false);
    }
  }

  /** All that the tools were given so far. */
  public String delivered() throws IOException {
    return tools.delivered();
  }

  @Override
  public void close() {
    agent.stop();
    api.close();
  }
}
