package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.dataplane.render.Names;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * An agent with its own routes on an API server of its own, which has namespace shop and node n1.
 */
final class TestAgent implements AutoCloseable {

  private final EmbeddedApiServer api = EmbeddedApiServer.start();
  private final Map<Setting, String> settings;
  private final Map<String, String> ofRoutes = new HashMap<>();
  private final Path letters;
  private Config config = api.config();
  private Agent agent;

  /** Not started; retries are quick. */
  TestAgent(Path folder, Map<Setting, String> tools) throws IOException {
    letters = folder.resolve("letters");
    settings = AgentSettings.of("n1", letters, tools);
    settings.put(Setting.RETRY_DELAY, "20");
    settings.put(Setting.RETRY_INTERVAL, "300");
    api.createNamespace("shop");
    api.client().resource(Serialization.unmarshal("metadata: {name: n1}", Node.class)).create();
  }

  TestAgent set(Setting setting, String value) {
    settings.put(setting, value);
    return this;
  }

  /** Sets what a route of its own names. */
  TestAgent ofRoute(String property, String value) {
    ofRoutes.put(property, value);
    return this;
  }

  /** Lets the agent reach its API server by another port. */
  TestAgent through(int port) {
    config =
        new ConfigBuilder(api.config())
            .withMasterUrl(api.config().getMasterUrl().replaceAll(":\\d+/?$", ":" + port))
            .build();
    return this;
  }

  TestAgent start() throws Exception {
    agent = new Agent(Settings.of(settings, ofRoutes), ApiServer.watched(config));
    agent.start();
    return this;
  }

  void stop() {
    if (agent != null) {
      agent.stop();
      agent = null;
    }
  }

  EmbeddedApiServer api() {
    return api;
  }

  /** All that are set, for an agent of the same cluster in another process. */
  Map<Setting, String> settings() {
    return Map.copyOf(settings);
  }

  Agent agent() {
    return agent;
  }

  Path letters() {
    return letters;
  }

  /** The files of the letters. */
  List<Path> files() {
    String[] names = letters.toFile().list((dir, name) -> name.endsWith(".json"));
    return Arrays.stream(names == null ? new String[0] : names)
        .sorted()
        .map(letters::resolve)
        .toList();
  }

  /** Creates a running pod of the agent's node, with the label {@code app} of its name. */
  void pod(String name, String address) {
    pod(name, "n1", address);
  }

  /** Creates a running pod, with the label {@code app} of its name. */
  void pod(String name, String node, String address) {
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: %1$s, namespace: shop, labels: {app: %2$s}}
                spec: {nodeName: %4$s}
                status: {phase: Running, podIP: %3$s, podIPs: [{ip: %3$s}]}
                """
                    .formatted(name, name.substring(0, Math.min(name.length(), 63)), address, node),
                Pod.class))
        .create();
  }

  /** Creates a pod of the agent's node that is not started yet. */
  void podWithoutAddress(String name) {
    String yaml =
        """
        metadata: {name: %1$s, namespace: shop, labels: {app: %1$s}}
        spec: {nodeName: n1}
        status: {phase: Pending}
        """;
    api.client().resource(Serialization.unmarshal(yaml.formatted(name), Pod.class)).create();
  }

  /** Gives a pod addresses. */
  void address(String pod, List<String> addresses) {
    api.client()
        .pods()
        .inNamespace("shop")
        .withName(pod)
        .edit(
            started ->
                new PodBuilder(started)
                    .editStatus()
                    .withPhase("Running")
                    .withPodIP(addresses.get(0))
                    .withPodIPs(addresses.stream().map(PodIP::new).toList())
                    .endStatus()
                    .build());
  }

  /** Creates a policy that lets port 80 of the pod of this label in, from all or as given. */
  void policy(String name, String app, String from) {
    policy(
        """
        metadata: {name: %s, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: %s}}
          ingress: [{%s ports: [{port: 80}]}]
        """
            .formatted(name, app, from));
  }

  /** Creates a policy. */
  void policy(String yaml) {
    api.client().resource(Serialization.unmarshal(yaml, NetworkPolicy.class)).create();
  }

  /** The chain of a pod of shop for what comes in. */
  static String chain(String pod) {
    return Names.podChain(Direction.INGRESS, new ObjectKey("shop", pod));
  }

  /** The events of one object, whatever the namespace. */
  List<Event> events(String kind, String name) {
    return api.client().v1().events().inAnyNamespace().list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getKind().equals(kind))
        .filter(event -> event.getInvolvedObject().getName().equals(name))
        .toList();
  }

  HttpResponse<String> health(String which) throws Exception {
    return get("/observe/health/" + which + "?data=true");
  }

  /**
   * The value of a metric with these tags, as in {@code name{tag="value"}}; NaN if there is none.
   */
  double metric(String name) throws Exception {
    return get("/observe/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(Double.NaN);
  }

  /** Asks the agent's own server. */
  HttpResponse<String> get(String path) throws Exception {
    // Without an upgrade to HTTP/2, whose answer may get lost.
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .build()
        .send(
            HttpRequest.newBuilder(uri(path)).timeout(Eventually.BOUND).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  /** Where the agent's own server answers. */
  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + settings.get(Setting.HTTP_PORT) + path);
  }

  boolean isReady() throws Exception {
    return health("ready").statusCode() == 200;
  }

  /** What a command printed on either stream, after its exit status. */
  String netpol(String... args) {
    CommandRun run = CommandRun.of(args);
    return run.status() + "\n" + run.out() + run.err();
  }

  static void eventually(Callable<Boolean> condition) throws Exception {
    eventually("the condition", condition);
  }

  static void eventually(String what, Callable<Boolean> condition) throws Exception {
    Eventually.holds(what, condition);
  }

  /** Puts a script in the place of a file, whoever runs it just now. */
  static void script(Path file, String text) throws IOException {
    Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), text);
    assertThat(next.toFile().setExecutable(true)).isTrue();
    Files.move(next, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() {
    stop();
    api.close();
  }
}
