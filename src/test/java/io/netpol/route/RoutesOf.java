package io.netpol.route;

import io.netpol.route.apply.FailureHandler;
import io.netpol.route.deadletter.DeadLetters;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.builder.AdviceWithRouteBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.processor.aggregate.AggregateProcessor;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * The routes of one file of {@code routes/} alone. A test sends to a route by its id, whatever the
 * route consumes; other routes and queues that it sends to are mocks, as are the commands. The
 * beans are the test's.
 */
final class RoutesOf implements AutoCloseable {

  private static final String START = "direct:test-";

  /** All that a route sends to, but for the commands and the test's own way in. */
  private static final String OTHERS = "(?!direct:(//)?(test-|exec$))(direct|seda):.*";

  /** What every route may use: the configurations for failures, and the one way to a command. */
  private static final List<String> SHARED = List.of("errors", "exec");

  private final DefaultCamelContext context = new DefaultCamelContext();
  private final RecordedCommands commands = new RecordedCommands();
  private final List<String> files;
  private ProducerTemplate template;

  /** The names of files without {@code .camel.yaml}; not started. */
  RoutesOf(String... files) {
    this.files = List.of(files);
    context.disableJMX();
    context.getRegistry().bind("commands", commands);
    context.getPropertiesComponent().addInitialProperty("netpol.command.timeout", "1000");
    context.getPropertiesComponent().addInitialProperty("netpol.retry.delay", "1");
    context.getPropertiesComponent().addInitialProperty("netpol.retry.interval", "1000");
  }

  RoutesOf bean(String name, Object bean) {
    context.getRegistry().bind(name, bean);
    return this;
  }

  /** Routes that are no file of ours. */
  RoutesOf add(RouteBuilder others) throws Exception {
    context.addRoutes(others);
    return this;
  }

  RoutesOf property(String name, String value) {
    context.getPropertiesComponent().addInitialProperty(name, value);
    return this;
  }

  /** A command that the routes run, as {@code CamelProperties} sets it. */
  RoutesOf command(String name, String executable, String args) {
    return property("netpol.exec." + name, executable)
        .property("netpol.exec." + name + ".args", args);
  }

  /** What the routes of a file consume, as it is written there. */
  static List<String> consumed(String file) throws Exception {
    try (RoutesOf routes = new RoutesOf(file)) {
      routes.load();
      return routes.context.getRouteDefinitions().stream()
          .filter(route -> file.equals("exec") || !route.getRouteId().equals("exec"))
          .map(route -> route.getInput().getEndpointUri())
          .toList();
    }
  }

  private void load() throws Exception {
    Set<String> all = new LinkedHashSet<>(SHARED);
    all.addAll(files);
    for (String file : all) {
      Resource yaml =
          ResourceHelper.resolveMandatoryResource(
              context, "file:" + Path.of("routes", file + ".camel.yaml").toAbsolutePath());
      PluginHelper.getRoutesLoader(context).loadRoutes(yaml);
    }
  }

  private void unlessGiven(String name, Object bean) {
    if (context.getRegistry().lookupByName(name) == null) {
      bean(name, bean);
    }
  }

  RoutesOf start() throws Exception {
    unlessGiven("noteFailure", (Processor) exchange -> {});
    unlessGiven("deadLetters", new NoLetters());
    unlessGiven("failure", new NoFailures());
    load();
    for (RouteDefinition route : List.copyOf(context.getRouteDefinitions())) {
      String id = route.getRouteId();
      AdviceWith.adviceWith(
          route,
          context,
          new AdviceWithRouteBuilder() {
            @Override
            public void configure() throws Exception {
              if (!id.equals("exec")) {
                replaceFromWith(START + id);
              }
              mockEndpointsAndSkip(OTHERS);
            }
          });
    }
    context.start();
    template = context.createProducerTemplate();
    return this;
  }

  RecordedCommands commands() {
    return commands;
  }

  /** What was sent to an endpoint. */
  MockEndpoint mock(String uri) {
    return context.getEndpoint("mock:" + uri, MockEndpoint.class);
  }

  /** The bodies that were sent to an endpoint, in order. */
  List<Object> sentTo(String uri) {
    return mock(uri).getReceivedExchanges().stream().map(e -> e.getIn().getBody()).toList();
  }

  /** Makes an endpoint fail whenever something is sent to it. */
  RoutesOf failing(String uri, Exception failure) {
    mock(uri)
        .whenAnyExchangeReceived(
            exchange -> {
              throw failure;
            });
    return this;
  }

  /** The keys that an aggregate has a message for which is not complete. */
  Set<String> groups(String aggregate) {
    return context
        .getProcessor(aggregate, AggregateProcessor.class)
        .getAggregationRepository()
        .getKeys();
  }

  /** Sends a body and a header to an endpoint as it is. */
  Exchange sendTo(String uri, Object body, String header, Object value) {
    return template.send(
        uri,
        exchange -> {
          exchange.getIn().setBody(body);
          exchange.getIn().setHeader(header, value);
        });
  }

  /** Sends a body through a route, to its end. */
  Exchange send(String route, Object body) {
    return template.send(START + route, exchange -> exchange.getIn().setBody(body));
  }

  /** The same with a header. */
  Exchange send(String route, Object body, String header, Object value) {
    return sendTo(START + route, body, header, value);
  }

  /** In the place of {@link DeadLetters}, where a test has none. */
  public static final class NoLetters {
    public void tried() {}
  }

  /** In the place of {@link FailureHandler}, where a test has none. */
  public static final class NoFailures {
    public void endRound() {}
  }

  /** Runs everything at once, on the thread that asks. */
  static final class AtOnce extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return false;
    }

    @Override
    public boolean isTerminated() {
      return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  @Override
  public void close() {
    context.stop();
  }
}
