package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.cli.FlakyProxy.Mode;
import io.netpol.dataplane.render.Names;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import io.netpol.testing.Eventually;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent while its API server is away, cut off, slow, or says no. */
@Tag("agent")
class ApiTroubleTest {

  private static final Pattern POD_AGE =
      Pattern.compile("netpol_cache_staleness_seconds\\{[^}]*kind=\"Pod\"[^}]*\\} (\\S+)");

  @TempDir private Path folder;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private FakeTools tools;
  private EmbeddedApiServer api;
  private FlakyProxy proxy;
  private Agent agent;
  private int port;

  @BeforeEach
  void startServer() throws IOException {
    tools = new FakeTools(folder);
    api = EmbeddedApiServer.start();
    proxy = new FlakyProxy(URI.create(api.config().getMasterUrl()).getPort());
    api.createNamespace("shop");
    api.client().resource(Serialization.unmarshal("metadata: {name: n1}", Node.class)).create();
    createPod("good", "10.0.0.1");
    createPod("other", "10.0.0.2");
    policy("web", "{app: good}");
  }

  @AfterEach
  void stop() throws IOException {
    if (agent != null) {
      agent.stop();
    }
    proxy.close();
    api.close();
  }

  @Test
  void serverThatIsAwayAtTheStartIsWaitedFor() throws Exception {
    proxy.become(Mode.DOWN);
    start(Map.of());
    eventually(() -> get("health/ready").body().contains("ConnectException"));
    assertThat(get("health/ready").statusCode()).isEqualTo(503);
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    assertThat(get("health/live").body()).contains("loop");
    assertThat(tools.delivered()).isEmpty();

    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
  }

  @Test
  void whileTheServerIsAwayRulesStayAndReadinessTellsTheAgeOfTheView() throws Exception {
    start(
        Map.of(
            Setting.CACHE_MAX_STALENESS,
            "3000",
            Setting.WATCH_SILENCE,
            "2500",
            Setting.LIST_TIMEOUT,
            "2500"));
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.DOWN);
    api.client().network().v1().networkPolicies().inNamespace("shop").withName("web").delete();
    policy("late", "{app: other}");
    api.client().pods().inNamespace("shop").withName("good").withGracePeriod(0).delete();
    createPod("new", "10.0.0.3");
    policy("new", "{app: new}");
    eventually(() -> get("health/ready").statusCode() == 503);
    assertThat(get("health/ready").body())
        .contains("consumer:pods")
        .contains("s old; what is known stays enforced");
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    eventually(() -> podAge() > 3);
    assertThat(tools.delivered()).isEqualTo(before);

    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains("-X " + chain("good")));
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    eventually(() -> tools.delivered().contains(":" + chain("new")));
    eventually(() -> get("health/ready").statusCode() == 200);
    eventually(() -> podAge() < 3);
  }

  @Test
  void watchThatIsCutWithoutAWordIsNoticedAndOpenedAnew() throws Exception {
    start(Map.of(Setting.WATCH_SILENCE, "2000"));
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.SILENT);
    policy("unheard", "{app: other}");
    createPod("new", "10.0.0.3");
    eventually(() -> podAge() > 4);
    assertThat(tools.delivered()).isEqualTo(before);
    assertThat(get("health/live").statusCode()).isEqualTo(200);

    // New connections pass; those that were cut stay open and silent for ever.
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    eventually(() -> podAge() < 4);
    assertThat(tools.delivered()).doesNotContain("-X ");
  }

  @Test
  void quietClusterKeepsItsViewYoung() throws Exception {
    start(
        Map.of(
            Setting.WATCH_SILENCE,
            "1000",
            Setting.CACHE_MAX_STALENESS,
            "10000",
            Setting.LIST_TIMEOUT,
            "9000"));
    eventually(() -> get("health/ready").statusCode() == 200);
    int connections = proxy.accepted();
    eventually(() -> proxy.accepted() >= connections + 8); // each of four twice
    eventually(() -> get("health/ready").statusCode() == 200 && podAge() < 10);
    assertThat(tools.delivered()).doesNotContain("-X ");
  }

  @Test
  void serverThatForbidsIsNamedAndAskedAgain() throws Exception {
    proxy.become(Mode.FORBIDDEN);
    start(Map.of());
    eventually(() -> get("health/ready").body().contains("403 pods is forbidden"));
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);
    String before = tools.delivered();

    proxy.become(Mode.FORBIDDEN); // the right is taken away, and given back
    policy("late", "{app: other}");
    eventually(() -> podAge() > 2);
    assertThat(tools.delivered()).isEqualTo(before);
    proxy.become(Mode.GOOD);
    eventually(() -> tools.delivered().contains(":" + chain("other")));
  }

  @Test
  void slowListsAreWaitedForAndStalledOnesAskedForAgain() throws Exception {
    proxy.delayAnswers(3000);
    start(Map.of());
    eventually(() -> tools.delivered().contains(chain("good")));
    agent.stop();

    proxy.become(Mode.SILENT); // accepts, never answers
    start(Map.of(Setting.LIST_TIMEOUT, "500"));
    eventually(() -> get("health/ready").body().contains("TimeoutException"));
    assertThat(get("health/live").statusCode()).isEqualTo(200);
    proxy.delayAnswers(0);
    proxy.become(Mode.GOOD);
    eventually(() -> get("health/ready").statusCode() == 200);
  }

  @Test
  void objectWithValuesOfWrongTypesHarmsOnlyItself() throws Exception {
    raw("bad-from-the-start", "{podSelector: [1]}");
    start(Map.of());
    eventually(() -> tools.delivered().contains(chain("good")));
    eventually(() -> get("health/ready").statusCode() == 200);

    raw("bad-later", "{ingress: true}");
    raw("web", "{podSelector: {matchLabels: {app: [good]}}}"); // was good: what it closed stays so
    policy("late", "{app: other}");
    eventually(() -> tools.delivered().contains(":" + chain("other")));
    assertThat(tools.delivered()).doesNotContain("-X ");
    assertThat(get("health/ready").statusCode()).isEqualTo(200);
  }

  private void raw(String name, String spec) {
    GenericKubernetesResource policy =
        Serialization.unmarshal(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: %s, namespace: shop}
            spec: %s
            """
                .formatted(name, spec),
            GenericKubernetesResource.class);
    api.client()
        .genericKubernetesResources("networking.k8s.io/v1", "NetworkPolicy")
        .inNamespace("shop")
        .resource(policy)
        .createOr(existing -> existing.update());
  }

  private double podAge() throws Exception {
    Matcher age = POD_AGE.matcher(get("metrics").body());
    return age.find() ? Double.parseDouble(age.group(1)) : -1;
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + port + "/observe/" + path + "?data=true"))
            .timeout(Duration.ofSeconds(20))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void start(Map<Setting, String> more) throws Exception {
    Map<Setting, String> settings = tools.settings();
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    settings.put(Setting.NODE, "n1");
    settings.put(Setting.ROUTES, "routes");
    settings.put(Setting.DEAD_LETTERS, folder.resolve("letters").toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(port));
    settings.putAll(more);
    Config config =
        new ConfigBuilder(api.config())
            .withMasterUrl(api.config().getMasterUrl().replaceAll(":\\d+/?$", ":" + proxy.port()))
            .build();
    agent = new Agent(Settings.of(settings), ApiServer.watched(config));
    agent.start();
  }

  private static String chain(String pod) {
    return Names.podChain(Direction.INGRESS, new ObjectKey("shop", pod));
  }

  private void createPod(String name, String address) {
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: %1$s, namespace: shop, labels: {app: %1$s}}
                spec: {nodeName: n1}
                status: {phase: Running, podIP: %2$s, podIPs: [{ip: %2$s}]}
                """
                    .formatted(name, address),
                Pod.class))
        .create();
  }

  private void policy(String name, String labels) {
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: %s, namespace: shop}
                spec:
                  podSelector: {matchLabels: %s}
                  ingress: [{ports: [{port: 80}]}]
                """
                    .formatted(name, labels),
                NetworkPolicy.class))
        .create();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    Eventually.holds("the condition", condition);
  }
}
