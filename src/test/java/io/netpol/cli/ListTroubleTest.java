package io.netpol.cli;

import static io.netpol.cli.TestAgent.chain;
import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.PlainWatches;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists that break off and events in a wrong order: what the whole agent makes of them. */
@Tag("agent")
class ListTroubleTest {

  private static final String LIST = "/api/v1/pods?resourceVersion=0";
  private static final String PAGES = "/api/v1/pods?limit=500";
  private static final String NEXT_PAGE = "/api/v1/pods?limit=500&continue=next";

  @TempDir private Path folder;
  private FakeTools tools;
  private KubernetesMockServer server;
  private PlainWatches front;
  private KubernetesClient client;
  private Agent agent;

  /** Each pod of the namespace is isolated. */
  @BeforeEach
  void startServer() throws IOException {
    tools = new FakeTools(folder);
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    server =
        new KubernetesMockServer(
            new Context(),
            new MockWebServer(),
            responses,
            new KubernetesMixedDispatcher(responses),
            false);
    server.init(InetAddress.getLoopbackAddress(), 0);
    client = server.createClient();
    front = PlainWatches.start(0, server.getPort());
    create("metadata: {name: shop}", Namespace.class);
    create("metadata: {name: n1}", Node.class);
    create(
        "metadata: {name: closed, namespace: shop}\nspec: {podSelector: {}}", NetworkPolicy.class);
  }

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.stop();
    }
    client.close();
    front.close();
    server.destroy();
  }

  @Test
  void firstListThatExpiresBetweenItsPagesWritesNothing() throws Exception {
    expect(LIST, 200, list("5", "next", pod("early", 1, "3")));
    expect(NEXT_PAGE, 410, gone());
    expect(PAGES, 200, list("9", "next", pod("a", 2, "4")));
    expect(NEXT_PAGE, 200, list("9", null, pod("b", 3, "4")));
    start();
    eventually("both pods", () -> has("a") && has("b"));
    assertThat(tools.delivered())
        .as("what only the broken list had")
        .doesNotContain(chain("early"));
  }

  @Test
  void laterListThatExpiresBetweenItsPagesTakesNothingAway() throws Exception {
    expect(LIST, 200, list("5", null, pod("a", 1, "3"), pod("b", 2, "3"), pod("c", 3, "3")));
    events("5", new WatchEvent(gone(), "ERROR"));
    expect("/api/v1/pods?resourceVersion=5", 200, list("7", "next", pod("a", 1, "3")));
    expect(NEXT_PAGE, 410, gone());
    expect(PAGES, 200, list("9", "next", pod("a", 1, "3")));
    expect(NEXT_PAGE, 200, list("9", null, pod("b", 2, "3"), pod("d", 4, "8")));
    start();
    eventually("what the whole list has", () -> has("d"));
    eventually("what it hasn't is gone", () -> tools.delivered().contains("-X " + chain("c")));
    assertThat(tools.delivered()).doesNotContain("-X " + chain("a"), "-X " + chain("b"));
  }

  @Test
  void doubledAndDisorderedEventsEndInTheRightRules() throws Exception {
    expect(LIST, 200, list("5", null, pod("a", 1, "3")));
    events(
        "5",
        new WatchEvent(pod("b", 2, "6"), "MODIFIED"), // before it was added
        new WatchEvent(pod("b", 2, "6"), "ADDED"),
        new WatchEvent(pod("b", 2, "6"), "ADDED"),
        new WatchEvent(pod("never", 3, "7"), "DELETED"),
        new WatchEvent(pod("a", 1, "8"), "DELETED"),
        new WatchEvent(pod("a", 1, "8"), "DELETED"),
        new WatchEvent(pod("a", 1, "9"), "MODIFIED"), // back, and its ADDED was lost
        new WatchEvent(pod("c", 3, "10"), "ADDED"),
        new WatchEvent(pod("c", 3, "11"), "DELETED"),
        new WatchEvent(pod("end", 4, "12"), "ADDED"));
    start();
    eventually("the last", () -> has("end"));
    assertThat(has("a")).isTrue();
    assertThat(has("b")).isTrue();
    assertThat(has("c")).isFalse();
    assertThat(tools.delivered()).doesNotContain(chain("never"));
  }

  /** Whether the pod's chain was made, and not removed after that. */
  private boolean has(String pod) throws IOException {
    String delivered = tools.delivered();
    int made = delivered.lastIndexOf(":" + chain(pod));
    return made >= 0 && delivered.lastIndexOf("-X " + chain(pod)) < made;
  }

  private void expect(String path, int code, Object answer) {
    server.expect().get().withPath(path).andReturn(code, answer).once();
  }

  private void events(String version, WatchEvent... events) {
    var watch =
        server
            .expect()
            .get()
            .withPath("/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=" + version)
            .andUpgradeToWebSocket()
            .open();
    long at = 300; // the first list has been applied
    for (WatchEvent event : events) {
      watch.waitFor(at).andEmit(event);
      at += 100;
    }
    watch.done().once();
  }

  private static Status gone() {
    return new StatusBuilder().withCode(410).withStatus("Failure").withMessage("too old").build();
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

  private static Pod pod(String name, int address, String version) {
    return Serialization.unmarshal(
        """
        metadata: {name: %1$s, namespace: shop, uid: u-%1$s, resourceVersion: "%3$s"}
        spec: {nodeName: n1}
        status: {phase: Running, podIP: 10.0.0.%2$d, podIPs: [{ip: 10.0.0.%2$d}]}
        """
            .formatted(name, address, version),
        Pod.class);
  }

  private <T extends io.fabric8.kubernetes.api.model.HasMetadata> void create(
      String yaml, Class<T> type) {
    client.resource(Serialization.unmarshal(yaml, type)).create();
  }

  private void start() throws Exception {
    Map<Setting, String> settings =
        AgentSettings.of("n1", folder.resolve("letters"), tools.settings());
    Config config =
        new ConfigBuilder(client.getConfiguration())
            .withMasterUrl("http://127.0.0.1:" + front.port() + "/")
            .build();
    agent = new Agent(Settings.of(settings), ApiServer.watched(config));
    agent.start();
  }
}
