package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.netpol.lab.PlainWatches;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Processor;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckAware;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The sources against a mock, which can also be made to fail as real API servers do. */
class MockSourceTest extends SourceContract {

  private static final String PODS = "/api/v1/namespaces/shop/pods";
  private static final String LIST = PODS + "?resourceVersion=0";

  private KubernetesMockServer server;
  private PlainWatches front;
  private KubernetesClient client;
  private int port;

  @Override
  KubernetesClient client() {
    return client;
  }

  @Override
  String namespace() {
    return "shop";
  }

  @BeforeEach
  void start() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    startServer();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withAutoConfigure(false)
                    .withMasterUrl("http://127.0.0.1:" + port)
                    .withWatchReconnectInterval(50)
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    client
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build())
        .create();
  }

  private void startServer() throws IOException {
    makeServer();
    openServer();
  }

  /** A server that nobody reaches yet, so that it can be told what to answer. */
  private void makeServer() {
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    server =
        new KubernetesMockServer(
            new Context(),
            new MockWebServer(),
            responses,
            new KubernetesMixedDispatcher(responses),
            false);
  }

  private void openServer() throws IOException {
    server.init(InetAddress.getByName("127.0.0.1"), 0);
    front = PlainWatches.start(port, server.getPort());
  }

  @AfterEach
  void stop() {
    client.close();
    stopServer();
  }

  private void stopServer() {
    front.close();
    server.destroy();
  }

  private static Status status(int code, String message) {
    return new StatusBuilder().withCode(code).withMessage(message).withStatus("Failure").build();
  }

  private static Pod pod(String name, String version) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace("shop")
        .withName(name)
        .withUid("u-" + name)
        .withResourceVersion(version)
        .endMetadata()
        .build();
  }

  private static PodList list(String version, String next, Pod... pods) {
    return new PodListBuilder()
        .withNewMetadata()
        .withResourceVersion(version)
        .withContinue(next)
        .endMetadata()
        .withItems(pods)
        .build();
  }

  private static String watch(String version) {
    return PODS + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + version;
  }

  @Test
  void whatChangedWhileTheServerWasAwayIsTold() throws Exception {
    createPod("gone");
    createPod("stays");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      stopServer();
      route.awaitHealth(h -> Boolean.FALSE.equals(h.getDetails().get("watching")));
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.UP);
      makeServer();
      // The new server's history begins after what the client has seen.
      // It does not know the old resource version.
      for (int version = 0; version < 50; version++) {
        expectNewer(version);
      }
      openServer();
      route.awaitTold("DELETED shop/gone", "ADDED shop/new", "MODIFIED shop/stays");
      Pod gone = route.last("DELETED shop/gone").getIn().getBody(Pod.class);
      assertThat(gone.getMetadata().getName()).isEqualTo("gone");
      assertThat(gone.getMetadata().getNamespace()).isEqualTo("shop");
      assertThat(gone.getMetadata().getUid()).isNotEmpty();
      assertThat(route.told()).containsOnlyOnce("LISTED");
    }
  }

  private void expectNewer(int version) {
    server
        .expect()
        .get()
        .withPath(watch("" + version))
        .andUpgradeToWebSocket()
        .open(new WatchEvent(status(410, "too old resource version"), "ERROR"))
        .done()
        .always();
    server
        .expect()
        .get()
        .withPath(PODS + "?resourceVersion=" + version)
        .andReturn(200, list("900", null, pod("stays", "899"), pod("new", "900")))
        .always();
  }

  @Test
  void aWatchThatIsTooOldListsAgain() throws Exception {
    server.expect().get().withPath(LIST).andReturn(200, list("5", null, pod("a", "3"))).once();
    server
        .expect()
        .get()
        .withPath(watch("5"))
        .andUpgradeToWebSocket()
        .open(new WatchEvent(status(410, "too old"), "ERROR"))
        .done()
        .once();
    createPod("b");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("DELETED shop/a", "ADDED shop/b", "LISTED");
      createPod("c");
      route.awaitTold("ADDED shop/c");
    }
  }

  @Test
  void aListThatExpiresBetweenPagesStartsAgain() throws Exception {
    server.expect().get().withPath(LIST).andReturn(200, list("5", "next", pod("a", "3"))).once();
    server
        .expect()
        .get()
        .withPath(PODS + "?limit=500&continue=next")
        .andReturn(410, status(410, "the continue parameter is too old"))
        .once();
    createPod("b");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("ADDED shop/b", "LISTED");
      // Seen on the first page only: either taken back, or never told.
      route.awaitTold("LISTED");
      WatchingRoute.eventually(
          () -> !route.told().contains("ADDED shop/a") || route.told().contains("DELETED shop/a"),
          route::told);
    }
  }

  @Test
  void aListIsReadInPages() throws Exception {
    server.expect().get().withPath(LIST).andReturn(200, list("5", "p2", pod("a", "1"))).once();
    server
        .expect()
        .get()
        .withPath(PODS + "?limit=500&continue=p2")
        .andReturn(200, list("5", null, pod("b", "2")))
        .once();
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      assertThat(route.told())
          .containsExactlyInAnyOrder("ADDED shop/a", "ADDED shop/b", "LISTED")
          .endsWith("LISTED");
    }
  }

  @Test
  void bookmarksAreNotTold() throws Exception {
    server.expect().get().withPath(LIST).andReturn(200, list("5", null, pod("a", "3"))).once();
    server
        .expect()
        .get()
        .withPath(watch("5"))
        .andUpgradeToWebSocket()
        .open()
        .waitFor(100)
        .andEmit(new WatchEvent(pod("", "8"), "BOOKMARK"))
        .waitFor(200)
        .andEmit(new WatchEvent(pod("a", "9"), "MODIFIED"))
        .done()
        .once();
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("MODIFIED shop/a");
      assertThat(route.told()).startsWith("ADDED shop/a").hasSize(3);
    }
  }

  @Test
  void doubledAndOutOfOrderEventsEndInTheSameState() throws Exception {
    server.expect().get().withPath(LIST).andReturn(200, list("5", null, pod("a", "3"))).once();
    server
        .expect()
        .get()
        .withPath(watch("5"))
        .andUpgradeToWebSocket()
        .open()
        .waitFor(100)
        .andEmit(new WatchEvent(pod("b", "6"), "MODIFIED")) // before it was added
        .waitFor(101)
        .andEmit(new WatchEvent(pod("b", "6"), "ADDED"))
        .waitFor(102)
        .andEmit(new WatchEvent(pod("b", "6"), "ADDED"))
        .waitFor(103)
        .andEmit(new WatchEvent(pod("never", "7"), "DELETED")) // never seen
        .waitFor(104)
        .andEmit(new WatchEvent(pod("a", "8"), "DELETED"))
        .waitFor(105)
        .andEmit(new WatchEvent(pod("a", "8"), "DELETED"))
        .waitFor(1500)
        .andEmit(new WatchEvent(pod("a", "9"), "MODIFIED")) // back, and its ADDED was lost
        .waitFor(1501)
        .andEmit(new WatchEvent(pod("end", "10"), "ADDED"))
        .done()
        .once();
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("ADDED shop/end");
      List<String> a = route.told().stream().filter(event -> event.endsWith("/a")).toList();
      assertThat(a).containsExactly("ADDED shop/a", "DELETED shop/a", "ADDED shop/a");
      assertThat(route.told()).containsOnlyOnce("ADDED shop/b").doesNotContain("DELETED shop/b");
      assertThat(route.told()).noneMatch(event -> event.endsWith("/never"));
    }
  }

  @Test
  void aServerThatForbidsAtFirstIsAskedAgain() throws Exception {
    server.expect().get().withPath(LIST).andReturn(403, status(403, "pods is forbidden")).times(4);
    createPod("a");
    try (WatchingRoute route = pods("").start()) {
      route.awaitHealth(
          h ->
              h.getState() == HealthCheck.State.DOWN
                  && "403 pods is forbidden".equals(h.getDetails().get("error")));
      route.awaitTold("ADDED shop/a", "LISTED");
      route.awaitHealth(h -> h.getState() == HealthCheck.State.UP);
      route.awaitHealth(h -> !h.getDetails().containsKey("error"));
    }
  }

  @Test
  void aServerThatIsAbsentAtFirstIsAskedAgain() throws Exception {
    stopServer();
    try (WatchingRoute route = pods("").start()) {
      route.awaitHealth(h -> h.getDetails().containsKey("error"));
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.DOWN);
      assertThat(route.health().getDetails()).containsKey("errorSince");
      startServer();
      createPod("a");
      route.awaitTold("ADDED shop/a", "LISTED");
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.UP);
    }
  }

  @Test
  void theClientInTheRegistryIsUsed() throws Exception {
    try (WatchingRoute route =
        new WatchingRoute(client, "kubernetes-network-policies:client").start()) {
      var endpoint = (WatchedObjectsEndpoint) route.context().getRoute("watch").getEndpoint();
      assertThat(endpoint.getKubernetesClient()).isSameAs(client);
    }
  }

  @Test
  void aYamlRouteNamesTheOptionAsAParameter() throws Exception {
    createPod("a");
    var context = new DefaultCamelContext();
    List<String> actions = new CopyOnWriteArrayList<>();
    try {
      WatchedObjectsComponent.bind(context);
      context.getRegistry().bind("client", KubernetesClient.class, client);
      context
          .getRegistry()
          .bind(
              "take",
              Processor.class,
              (Processor)
                  e ->
                      actions.add(e.getIn().getHeader("CamelKubernetesEventAction", String.class)));
      String yaml =
          """
          - route:
              id: pods
              from:
                uri: kubernetes-pods:client
                parameters:
                  namespace: shop
                  endOfList: true
                steps:
                  - process:
                      ref: take
          """;
      PluginHelper.getRoutesLoader(context)
          .loadRoutes(ResourceHelper.fromString("pods.camel.yaml", yaml));
      context.start();
      WatchingRoute.eventually(() -> actions.contains("LISTED"), () -> actions);
      assertThat(actions).containsExactly("ADDED", "LISTED");
    } finally {
      context.stop();
    }
  }

  @Test
  void theHealthOfAConsumerIsPartOfReadiness() throws Exception {
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      route.awaitHealth(h -> Boolean.TRUE.equals(h.getDetails().get("watching")));
      HealthCheck check =
          ((HealthCheckAware) route.context().getRoute("watch").getConsumer()).getHealthCheck();
      assertThat(check.getId()).isEqualTo("consumer:watch");
      assertThat(check.isReadiness()).isTrue();
      assertThat(check.isLiveness()).isFalse();
      HealthCheckRegistry registry = HealthCheckRegistry.get(route.context());
      registry.register(registry.resolveById("consumers"));
      assertThat(HealthCheckHelper.invokeReadiness(route.context(), "full"))
          .anySatisfy(
              r -> {
                assertThat(r.getCheck().getId()).isEqualTo("consumer:watch");
                assertThat(r.getState()).isEqualTo(HealthCheck.State.UP);
                assertThat(r.getDetails()).containsEntry("watching", true);
              });
      assertThat(HealthCheckHelper.invokeLiveness(route.context())).isEmpty();
    }
  }
}
