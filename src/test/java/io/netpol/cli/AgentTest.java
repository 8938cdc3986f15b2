package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent with its own routes on an API server, with programs that only write down. */
@Tag("agent")
class AgentTest {

  @TempDir private Path folder;
  private FakeTools tools;
  private EmbeddedApiServer api;
  private Agent agent;
  private int port;

  @BeforeEach
  void startServer() throws IOException {
    tools = new FakeTools(folder);
    api = EmbeddedApiServer.start();
    api.createNamespace("shop");
    api.client().resource(Serialization.unmarshal("metadata: {name: n1}", Node.class)).create();
    createPod("good", "10.0.0.1");
    createPod("bad", "10.0.0.2");
  }

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.stop();
    }
    api.close();
  }

  @Test
  void policyIsDeliveredOnceAndStatusChangesStartNoProcess() throws Exception {
    policy("web", "{app: good}");
    start();
    eventually(() -> tools.delivered().contains(chain("good")));
    String delivered = tools.delivered();
    assertThat(delivered).doesNotContain(chain("bad"));

    api.client()
        .pods()
        .inNamespace("shop")
        .withName("good")
        .edit(
            pod -> {
              pod.getStatus().setMessage("nobody's business");
              return pod;
            });
    createPod("other", "10.0.0.3");
    // What comes later has been delivered, so the changes before it have been worked off.
    policy("later", "{app: bad}");
    eventually(() -> tools.delivered().contains(chain("bad")));
    assertThat(tools.delivered()).startsWith(delivered);
    String after = tools.delivered().substring(delivered.length());
    assertThat(after)
        .doesNotContain(":" + chain("good"), chain("other"))
        .containsOnlyOnce("# iptables-restore");
  }

  @Test
  void oneBadPieceOfManyStandsAlone() throws Exception {
    for (int i = 0; i < 16; i++) {
      createPod("pod-" + i, "10.0.1." + (i + 1));
      policy("for-" + i, "{app: pod-" + i + "}");
    }
    tools.poison("shop/for-5 ingress 1");
    start();
    Path letters = folder.resolve("letters");
    eventually(() -> Files.isDirectory(letters) && jsonFiles(letters).size() == 1);
    for (int i = 0; i < 16; i++) {
      String line = "shop/for-" + i + " ingress 1";
      if (i != 5) {
        eventually(() -> tools.delivered().contains(line));
      }
    }
    eventually(() -> tools.delivered().contains("shop/pod-5 ingress denied: its rules"));
    assertThat(jsonFiles(letters)).hasSize(1);
    assertThat(ready().statusCode()).isEqualTo(503);
    assertThat(ready().body()).contains("the kernel refuses").contains("pod-5");

    tools.poison("");
    eventually(() -> jsonFiles(letters).isEmpty());
    eventually(() -> ready().statusCode() == 200);
  }

  @Test
  void pieceThatIsRefusedGoesToTheDeadLettersAndHeals() throws Exception {
    policy("for-good", "{app: good}");
    policy("for-bad", "{app: bad}");
    tools.poison("shop/for-bad ingress 1");
    start();
    Path letters = folder.resolve("letters");
    eventually(() -> Files.isDirectory(letters) && jsonFiles(letters).size() == 1);

    JsonNode letter = new ObjectMapper().readTree(jsonFiles(letters).get(0).toFile());
    assertThat(letter.get("pods").get(0).asText()).isEqualTo("shop/bad");
    assertThat(letter.get("policies").get(0).asText()).isEqualTo("shop/for-bad");
    assertThat(letter.get("exitStatus").asInt()).isEqualTo(2);
    assertThat(letter.get("line").asText()).contains("shop/for-bad ingress 1");
    assertThat(letter.get("payload").asText()).startsWith("*filter\n");
    eventually(() -> tools.delivered().contains("shop/for-good ingress 1"));
    eventually(() -> tools.delivered().contains("its rules could not be applied"));

    tools.poison("");
    eventually(() -> jsonFiles(letters).isEmpty());
    assertThat(tools.delivered()).contains("shop/for-bad ingress 1");
  }

  @Test
  void readinessTellsOfEverySourceAndOfTheApply() throws Exception {
    start();
    eventually(() -> ready().statusCode() == 200);
    assertThat(ready().body())
        .contains("consumer:pods")
        .contains("consumer:namespaces")
        .contains("consumer:nodes")
        .contains("consumer:network-policies")
        .contains("apply");
  }

  private HttpResponse<String> ready() throws Exception {
    // Without an upgrade to HTTP/2, whose answer may get lost.
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/observe/health/ready?data=true"))
                .timeout(Eventually.BOUND)
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private void start() throws Exception {
    Map<Setting, String> settings = tools.settings();
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    settings.put(Setting.NODE, "n1");
    settings.put(Setting.ROUTES, "routes");
    settings.put(Setting.DEAD_LETTERS, folder.resolve("letters").toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(port));
    settings.put(Setting.RETRY_DELAY, "20");
    settings.put(Setting.RETRY_INTERVAL, "500");
    agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
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

  private static List<Path> jsonFiles(Path folder) {
    String[] names = folder.toFile().list((dir, name) -> name.endsWith(".json"));
    return Arrays.stream(names == null ? new String[0] : names).map(folder::resolve).toList();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    Eventually.holds("the condition", condition);
  }
}
