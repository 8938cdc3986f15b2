package io.netpol.cli;

import io.netpol.kubernetes.ApiServer;
import io.netpol.route.settings.Settings;
import java.time.Clock;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelBeanPostProcessor;
import org.apache.camel.support.PluginHelper;

/**
 * Makes all beans of one agent, each floor from those below it, and binds those that the routes
 * name.
 */
final class AgentConfiguration {

  private AgentConfiguration() {}

  /** Binds them to the registry of a context that is not configured yet. */
  static void bind(Settings settings, ApiServer api, CamelContext context) {
    try {
      CamelBeanPostProcessor binder = PluginHelper.getBeanPostProcessor(context);
      for (Object each : configurations(settings, api, context)) {
        binder.postProcessBeforeInitialization(each, each.getClass().getSimpleName());
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("cannot bind the beans of the agent", e);
    }
  }

  private static List<Object> configurations(Settings settings, ApiServer api, CamelContext context)
      throws Exception {
    Clock clock = Clock.systemUTC();
    var knowledge = new KnowledgeConfiguration(settings, api, context);
    var letters = new DeadLetterConfiguration(settings, clock, knowledge);
    var applying = new ApplyConfiguration(settings, clock, knowledge, letters, context);
    var health = new HealthConfiguration(settings, knowledge, letters, applying, context);
    return List.of(
        knowledge,
        letters,
        applying,
        health,
        new MetricsConfiguration(settings, knowledge, letters, applying, health, context),
        new ConsoleConfiguration(settings, knowledge, letters, applying, health, context));
  }
}
