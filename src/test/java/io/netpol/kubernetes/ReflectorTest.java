package io.netpol.kubernetes;

import static io.netpol.kubernetes.ScriptedApiServer.bookmark;
import static io.netpol.kubernetes.ScriptedApiServer.endOfList;
import static io.netpol.kubernetes.ScriptedApiServer.event;
import static io.netpol.kubernetes.ScriptedApiServer.pod;
import static io.netpol.kubernetes.ScriptedApiServer.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netpol.kubernetes.parse.ReadableObjects;
import java.time.Duration;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a source asks API servers of different versions for, and in which order. */
class ReflectorTest {

  private static final String STREAM =
      "watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
          + "&resourceVersionMatch=NotOlderThan&resourceVersion=";
  private static final String WATCH = "watch=true&allowWatchBookmarks=true&resourceVersion=";
  private static final String CACHED = "resourceVersion=";

  private ScriptedApiServer server;
  private KubernetesClient client;
  private WatchingRoute route;

  @BeforeEach
  void start() throws Exception {
    server = new ScriptedApiServer();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withAutoConfigure(false)
                    .withMasterUrl(server.url())
                    .withRequestRetryBackoffLimit(5)
                    .build())
            .build();
    route = new WatchingRoute(client, "kubernetes-pods:client?endOfList=true");
  }

  @AfterEach
  void stop() throws Exception {
    route.close();
    client.close();
    server.close();
  }

  private void awaitRequests(String... queries) {
    WatchingRoute.eventually(
        () -> server.requests().size() >= queries.length, () -> server.requests());
    assertThat(server.requests()).startsWith(queries);
  }

  @Test
  void listIsStreamedAndGoesOnAsAWatch() throws Exception {
    server.watch(event("ADDED", pod("a", "1")), event("ADDED", pod("b", "2")), endOfList("5"));
    route.start();
    route.awaitTold("LISTED");
    server.send(event("MODIFIED", pod("a", "6")));
    route.awaitTold("MODIFIED shop/a");
    assertThat(route.told()).startsWith("ADDED shop/a", "ADDED shop/b");
    assertThat(route.health().getDetails()).containsEntry("watching", true);
    assertThat(server.requests()).containsExactly(STREAM);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 422, 500})
  void serverThatDoesNotStreamIsAskedForTheListOfItsCache(int code) throws Exception {
    server
        .refuse(code, "sendInitialEvents is forbidden", null)
        .list("5", "", pod("a", "1"))
        .watch(event("ADDED", pod("b", "6")));
    route.start();
    route.awaitTold("ADDED shop/a", "LISTED", "ADDED shop/b");
    assertThat(server.requests()).containsExactly(STREAM, CACHED + "0", WATCH + "5");
  }

  @Test
  void serverThatFindsOutLateThatItCannotStreamIsAskedForTheListOfItsCache() throws Exception {
    server
        .ended(event("ERROR", status(500, "the required storage feature is disabled")))
        .list("5", "", pod("a", "1"))
        .watch();
    route.start();
    route.awaitTold("ADDED shop/a", "LISTED");
    awaitRequests(STREAM, CACHED + "0", WATCH + "5");
    assertThat(route.health().getDetails()).doesNotContainKey("error");
  }

  @Test
  void serverWithoutSuchACacheIsAskedForPages() throws Exception {
    server
        .refuse(422, "no", null)
        .refuse(504, "Too large resource version", null)
        .list("5", "a+b", pod("a", "1"))
        .list("5", "", pod("b", "1"))
        .watch();
    route.start();
    route.awaitTold("ADDED shop/a", "ADDED shop/b", "LISTED");
    awaitRequests(STREAM, CACHED + "0", "limit=500", "limit=500&continue=a%2Bb", WATCH + "5");
  }

  @Test
  void serverThatIgnoresWhatItDoesNotKnowIsNotWaitedForForEver() throws Exception {
    route
        .context()
        .getRegistry()
        .bind(
            "limits",
            WatchLimits.class,
            new WatchLimits(Duration.ofMillis(300), Duration.ofMinutes(1), Duration.ofMinutes(1)));
    server.watch(event("ADDED", pod("a", "1"))).list("5", "", pod("a", "1"), pod("b", "2")).watch();
    route.start();
    route.awaitTold("LISTED");
    assertThat(route.told()).containsExactly("ADDED shop/a", "ADDED shop/b", "LISTED");
    awaitRequests(STREAM, CACHED + "0", WATCH + "5");
  }

  @Test
  void streamedListThatBreaksOffIsNoList() throws Exception {
    server
        .ended(event("ADDED", pod("a", "1")))
        .watch(event("ADDED", pod("b", "2")), endOfList("5"));
    route.start();
    route.awaitTold("LISTED");
    route.awaitTold("ADDED shop/b", "DELETED shop/a");
    assertThat(server.requests()).containsExactly(STREAM, STREAM);
  }

  @Test
  void watchOfAQuietKindGoesOnFromTheLastBookmark() throws Exception {
    server.watch(event("ADDED", pod("a", "1")), endOfList("5"), bookmark("40"));
    server.watch(event("DELETED", pod("a", "42")), event("ADDED", pod("b", "43")));
    route.start();
    route.awaitTold("LISTED");
    server.send(bookmark("41"));
    server.cut();
    route.awaitTold("DELETED shop/a", "ADDED shop/b");
    assertThat(server.requests()).containsExactly(STREAM, WATCH + "41");
  }

  @Test
  void watchThatTheServerEndsInTimeGoesOnFromTheLastEvent() throws Exception {
    server
        .ended(endOfList("5"), event("ADDED", pod("a", "6")))
        .ended(event("MODIFIED", pod("a", "8")))
        .watch(event("MODIFIED", pod("a", "9")));
    route.start();
    awaitRequests(STREAM, WATCH + "6", WATCH + "8");
  }

  @Test
  void nothingThatAServerAnswersWhileItStartsNeedsANewList() throws Exception {
    server
        .ended(event("ADDED", pod("a", "1")), endOfList("5"))
        .refuse(403, "pods is forbidden", null)
        .refuse(401, "Unauthorized", null)
        .refuse(500, "not yet", null)
        .refuse(503, "not yet", null)
        .watch(event("MODIFIED", pod("a", "6")));
    route.start();
    route.awaitTold("MODIFIED shop/a");
    String again = WATCH + "5";
    assertThat(server.requests()).containsExactly(STREAM, again, again, again, again, again);
    route.awaitHealth(h -> !h.getDetails().containsKey("error"));
    assertThat(route.health().getState()).isEqualTo(HealthCheck.State.UP);
  }

  @Test
  void whatDeniesAWatchIsInTheDetailsOfReadiness() throws Exception {
    server.ended(endOfList("5"));
    for (int i = 0; i < 20; i++) {
      server.refuse(403, "pods is forbidden", null);
    }
    route.start();
    route.awaitHealth(h -> "403 pods is forbidden".equals(h.getDetails().get("error")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void versionThatIsGoneIsListedAgainAndNotOlder(boolean asEvent) throws Exception {
    server.ended(event("ADDED", pod("a", "1")), event("ADDED", pod("b", "2")), endOfList("5"));
    if (asEvent) {
      server.ended(event("ERROR", status(410, "too old resource version")));
    } else {
      server.refuse(410, "too old resource version", null);
    }
    server.watch(event("ADDED", pod("b", "2")), event("ADDED", pod("c", "8")), endOfList("9"));
    route.start();
    route.awaitTold("ADDED shop/c", "DELETED shop/a");
    assertThat(route.told()).containsOnlyOnce("ADDED shop/b").doesNotContain("MODIFIED shop/b");
    assertThat(server.requests()).containsExactly(STREAM, WATCH + "5", STREAM + "5");
  }

  @Test
  void busyServerIsNotAskedForMore() throws Exception {
    server.refuse(429, "too many requests", "1").watch(endOfList("5"));
    route.start();
    route.awaitHealth(h -> "429 too many requests".equals(h.getDetails().get("error")));
    route.awaitTold("LISTED");
    assertThat(server.requests()).containsExactly(STREAM, STREAM);
  }

  @Test
  void objectThatCannotBeReadHarmsOnlyItself() throws Exception {
    String bad =
        """
        {"metadata": {"name": "bad", "namespace": "shop", "uid": "u", "resourceVersion": "2",
          "labels": 5}}""";
    server.watch(
        event("ADDED", pod("a", "1")),
        event("ADDED", bad),
        event("ADDED", pod("b", "3")),
        endOfList("5"));
    route.start();
    route.awaitTold("ADDED shop/a", "ADDED shop/bad", "ADDED shop/b", "LISTED");
    Pod unreadable = route.last("ADDED shop/bad").getIn().getBody(Pod.class);
    assertThat(ReadableObjects.whyUnreadable(unreadable.getMetadata()))
        .hasValueSatisfying(why -> assertThat(why).startsWith("metadata.labels: "));
  }
}
