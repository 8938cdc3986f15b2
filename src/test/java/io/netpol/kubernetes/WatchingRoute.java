package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.netpol.testing.Eventually;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckAware;
import org.apache.camel.impl.DefaultCamelContext;

/** A Camel context with one route from a Kubernetes source, which writes down what it is told. */
final class WatchingRoute implements AutoCloseable {

  private final DefaultCamelContext context = new DefaultCamelContext();
  private final List<String> told = new ArrayList<>();
  private final List<Exchange> exchanges = new ArrayList<>();
  private volatile Predicate<String> fails = event -> false;
  private volatile CountDownLatch held = new CountDownLatch(0);

  WatchingRoute(KubernetesClient client, String uri) throws Exception {
    WatchedObjectsComponent.bind(context);
    context.getRegistry().bind("client", KubernetesClient.class, client);
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from(uri).routeId("watch").process(WatchingRoute.this::take);
          }
        });
  }

  WatchingRoute start() {
    context.start();
    return this;
  }

  /** Makes the route fail for events such as {@code ADDED shop/web}. */
  WatchingRoute failing(Predicate<String> fails) {
    this.fails = fails;
    return this;
  }

  /** Lets no event through until {@link #release}. */
  void hold() {
    held = new CountDownLatch(1);
  }

  void release() {
    held.countDown();
  }

  private void take(Exchange exchange) throws Exception {
    HasMetadata object = exchange.getIn().getBody(HasMetadata.class);
    String event = exchange.getIn().getHeader("CamelKubernetesEventAction", String.class);
    if (object != null) {
      String namespace = object.getMetadata().getNamespace();
      event += " " + (namespace == null ? "" : namespace + "/") + object.getMetadata().getName();
    }
    held.await();
    if (fails.test(event)) {
      throw new IllegalStateException("told to fail for " + event);
    }
    synchronized (told) {
      told.add(event);
      exchanges.add(exchange.copy());
    }
  }

  List<String> told() {
    synchronized (told) {
      return List.copyOf(told);
    }
  }

  /** The last exchange for an event. */
  Exchange last(String event) {
    synchronized (told) {
      return exchanges.get(told.lastIndexOf(event));
    }
  }

  void forget() {
    synchronized (told) {
      told.clear();
      exchanges.clear();
    }
  }

  void awaitTold(String... events) {
    eventually(() -> told().containsAll(List.of(events)), this::told);
    assertThat(told()).contains(events);
  }

  DefaultCamelContext context() {
    return context;
  }

  HealthCheck.Result health() {
    return ((HealthCheckAware) context.getRoute("watch").getConsumer())
        .getHealthCheck()
        .call(Map.of());
  }

  void awaitHealth(Predicate<HealthCheck.Result> state) {
    eventually(() -> state.test(health()), () -> health().getDetails());
  }

  static void eventually(BooleanSupplier condition, java.util.function.Supplier<?> state) {
    try {
      Eventually.holds(() -> String.valueOf(state.get()), condition::getAsBoolean);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    context.stop();
  }
}
