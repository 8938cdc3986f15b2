package io.netpol.cli;

import io.netpol.observe.Bridges;
import io.netpol.observe.health.ApplyHealth;
import io.netpol.observe.health.BridgeHealth;
import io.netpol.observe.health.ConntrackHealth;
import io.netpol.observe.health.LoopHealth;
import io.netpol.observe.health.NodeHealth;
import io.netpol.observe.health.RoutesHealth;
import io.netpol.observe.health.UndeliveredHealth;
import io.netpol.route.check.RouteFilesCheck;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.time.Duration;
import org.apache.camel.BindToRegistry;
import org.apache.camel.CamelContext;

/** Binds the checks that liveness and readiness ask. */
final class HealthConfiguration {

  /** Commands' timeouts that one step may take: what is killed may need time to die. */
  private static final int STEPS = 3;

  /** More than the longest wait between two attempts. */
  private static final Duration STANDSTILL = Duration.ofMinutes(2);

  @BindToRegistry("node-health")
  final NodeHealth node;

  @BindToRegistry("conntrack-health")
  final ConntrackHealth conntrack;

  @BindToRegistry("bridge-health")
  final BridgeHealth bridge;

  @BindToRegistry("undelivered-health")
  final UndeliveredHealth undelivered = new UndeliveredHealth();

  @BindToRegistry("apply-health")
  final ApplyHealth apply;

  @BindToRegistry("loop-health")
  final LoopHealth loop;

  @BindToRegistry("routes-health")
  final RoutesHealth routes = new RoutesHealth();

  @BindToRegistry final RouteFilesCheck routeFilesCheck;

  /** For a context that is not configured yet. */
  HealthConfiguration(
      Settings settings,
      KnowledgeConfiguration knowledge,
      DeadLetterConfiguration letters,
      ApplyConfiguration applying,
      CamelContext context)
      throws Exception {
    Duration command = settings.millis(Setting.COMMAND_TIMEOUT);
    node = new NodeHealth(knowledge.presence);
    conntrack = new ConntrackHealth(applying.connections);
    bridge = new BridgeHealth(new Bridges(), settings.renderOptions().families());
    apply =
        new ApplyHealth(
            applying.apply, letters.deadLetters, applying.applier, command.multipliedBy(2));
    loop = new LoopHealth(applying.applier, command.multipliedBy(STEPS).plus(STANDSTILL));
    loop.setCamelContext(context);
    undelivered.setCamelContext(context);
    routes.setCamelContext(context);
    routeFilesCheck = new RouteFilesCheck(context);
    FirstStart.of(context, routes::expect);
  }
}
