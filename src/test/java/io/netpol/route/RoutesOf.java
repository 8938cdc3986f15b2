package io.netpol.route;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.builder.AdviceWithRouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;

/**
 * Runs the routes of one file of {@code routes/} alone. A test sends to a route by its id, whatever
 * the route consumes. Other routes and queues are mocks, as are the commands; the test provides the
 * beans.
 */
final class RoutesOf implements AutoCloseable {

  private static final String START = "direct:test-";

  /** Every endpoint that a route sends to, except commands and the test's own entry. */
  private static final String OTHERS = "(?!direct:(//)?test-)(direct|seda):.*";

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

  RoutesOf property(String name, String value) {
    context.getPropertiesComponent().addInitialProperty(name, value);
    return this;
  }

  /** A command that the routes run, as {@code CamelProperties} sets it. */
  RoutesOf command(String name, String executable, String args) {
    return property("netpol.exec." + name, executable)
        .property("netpol.exec." + name + ".args", args);
  }

  /** Returns the endpoints that the routes of a file consume. */
  static List<String> consumed(String file) throws Exception {
    try (RoutesOf routes = new RoutesOf(file)) {
      routes.load();
      return routes.context.getRouteDefinitions().stream()
          .map(route -> route.getInput().getEndpointUri())
          .toList();
    }
  }

  private void load() throws Exception {
    for (String file : files) {
      Resource yaml =
          ResourceHelper.resolveMandatoryResource(
              context, "file:" + Path.of("routes", file + ".camel.yaml").toAbsolutePath());
      PluginHelper.getRoutesLoader(context).loadRoutes(yaml);
    }
  }

  RoutesOf start() throws Exception {
    load();
    for (RouteDefinition route : List.copyOf(context.getRouteDefinitions())) {
      String id = route.getRouteId();
      AdviceWith.adviceWith(
          route,
          context,
          new AdviceWithRouteBuilder() {
            @Override
            public void configure() throws Exception {
              replaceFromWith(START + id);
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

  /** Returns the exchanges that were sent to an endpoint. */
  MockEndpoint mock(String uri) {
    return context.getEndpoint("mock:" + uri, MockEndpoint.class);
  }

  /** Returns the bodies that were sent to an endpoint, in order. */
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

  /** Sends a body through a route, to its end. */
  Exchange send(String route, Object body) {
    return template.send(START + route, exchange -> exchange.getIn().setBody(body));
  }

  /** Sends a body with a header through a route, to its end. */
  Exchange send(String route, Object body, String header, Object value) {
    return template.send(
        START + route,
        exchange -> {
          exchange.getIn().setBody(body);
          exchange.getIn().setHeader(header, value);
        });
  }

  /** Runs everything at once, on the calling thread. */
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
