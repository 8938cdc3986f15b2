package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyList;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.dataplane.render.Names;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.route.NetpolHeaders;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent with an example copied into its routes, as the page says. */
@Tag("agent")
class ExamplesTest {

  private final ObjectMapper json = new ObjectMapper();

  @TempDir private Path folder;
  private Path routes;
  private FakeTools tools;
  private TestAgent agent;
  private HttpServer server;

  /** What the server was sent: the path, and the body in the next line. */
  private final List<String> posted = Collections.synchronizedList(new ArrayList<>());

  @BeforeEach
  void copyRoutes() throws IOException {
    routes = Files.createDirectory(folder.resolve("routes"));
    copy(Path.of("routes"));
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings()).set(Setting.ROUTES, routes.toString());
    agent.pod("web", "10.0.0.1");
  }

  @AfterEach
  void stop() {
    agent.close();
    if (server != null) {
      server.stop(0);
    }
  }

  @Test
  void policiesAndAppliesAreAuditedToFile() throws Exception {
    copy("audit-file");
    Path audit = folder.resolve("audit");
    agent.ofRoute("route.audit.folder", audit.toString()).start();
    eventually("ready", agent::isReady);
    agent.policy("for-web", "web", "");
    eventually("both records", () -> kinds(audit).containsAll(List.of("policy", "applied")));
    JsonNode policy = record(lines(audit), "policy");
    assertThat(policy.get("policy").asText()).isEqualTo("shop/for-web");
    assertThat(policy.get("action").asText()).isEqualTo("ADDED");
    assertThat(policy.get("type").asText()).isEqualTo("ingress");
    assertThat(policy.get("effect").asText()).isEqualTo("selective");
    assertThat(policy.get("node").asText()).isEqualTo("n1");
    assertThat(policy.get("time").asText()).startsWith("20").endsWith("Z");
    eventually(
        "the apply",
        () -> lines(audit).stream().anyMatch(l -> l.contains("\"NetworkPolicy shop/for-web\"")));
    agent.api().client().network().v1().networkPolicies().inNamespace("shop").delete();
    eventually(
        "the end", () -> lines(audit).stream().anyMatch(line -> line.contains("\"DELETED\"")));
  }

  @Test
  void routesOfAMountedConfigMapAreRead() throws Exception {
    // The kubelet mounts links to links.
    Path mount = Files.createDirectory(folder.resolve("mount"));
    Files.move(routes, mount.resolve("..2026_01_01"));
    Files.createSymbolicLink(mount.resolve("..data"), Path.of("..2026_01_01"));
    try (Stream<Path> files = Files.list(mount.resolve("..data"))) {
      for (Path file : files.toList()) {
        Path name = file.getFileName();
        Files.createSymbolicLink(mount.resolve(name), Path.of("..data").resolve(name));
      }
    }
    agent.set(Setting.ROUTES, mount.toString()).start();
    agent.policy("for-web", "web", "");
    eventually("it is delivered", () -> tools.delivered().contains(chain("web")));
  }

  /** Those that the agent finds at its start are no change. */
  @Test
  void policiesOfTheFirstListAreNotAudited() throws Exception {
    copy("audit-file");
    Path audit = folder.resolve("audit");
    agent.policy("for-web", "web", "");
    agent.ofRoute("route.audit.folder", audit.toString()).set(Setting.NOTICES_SPEC, "on").start();
    eventually("ready", agent::isReady);
    eventually("the first sync", () -> kinds(audit).contains("applied"));
    assertThat(record(lines(audit), "applied").get("pods").toString()).isEqualTo("[\"shop/web\"]");
    policies()
        .withName("for-web")
        .edit(
            policy -> {
              policy.getSpec().setPolicyTypes(List.of("Ingress", "Egress"));
              return policy;
            });
    eventually("the change", () -> kinds(audit).contains("policy"));
    JsonNode record = record(lines(audit), "policy");
    NetworkPolicy policy = policies().withName("for-web").get();
    assertThat(record.get("action").asText()).isEqualTo("MODIFIED");
    assertThat(record.get("firstList").asBoolean()).isFalse();
    assertThat(record.get("uid").asText()).isEqualTo(policy.getMetadata().getUid());
    assertThat(record.get("resourceVersion").asText())
        .isEqualTo(policy.getMetadata().getResourceVersion());
    assertThat(record.get("spec").get("policyTypes").toString())
        .isEqualTo("[\"Ingress\",\"Egress\"]");
  }

  @Test
  void policiesAndAppliesAreAuditedToKafka() throws Exception {
    startWithKafka();
    agent.policy("for-web", "web", "");
    eventually("both records", () -> recorded("for-web").containsAll(List.of("policy", "applied")));
    ProducerRecord<String, String> first = RecordingKafka.records().get(0);
    assertThat(first.topic()).isEqualTo("netpol-audit");
    assertThat(first.key()).isEqualTo("n1");
    assertThat(RecordingKafka.brokers()).isEqualTo("kafka-1:9092,kafka-2:9092");
  }

  @Test
  void recordsWaitForABrokerAndGoOutWhenItIsThere() throws Exception {
    List<String> records = List.of("first", "second", "third");
    RecordingKafka.setAway(true);
    try {
      startWithKafka();
      try (ProducerTemplate notices = agent.agent().context().createProducerTemplate()) {
        for (String record : records) {
          notices.sendBodyAndHeader(
              "seda:notices?multipleConsumers=true", record, NetpolHeaders.NOTICE, "policy");
        }
      }
      eventually("they wait", () -> undelivered("audit-kafka-send") >= records.size());
      assertThat(agent.isReady()).isTrue();
      assertThat(RecordingKafka.records()).isEmpty();
    } finally {
      RecordingKafka.setAway(false);
    }
    eventually("none waits", () -> undelivered("audit-kafka-send") == 0);
    assertThat(RecordingKafka.records())
        .extracting(ProducerRecord::value)
        .as("in any order: each has its time")
        .containsAll(records);
  }

  /** With Kafka's own client, and a port that nobody listens on. */
  @Test
  void agentWithoutABrokerIsReadyAndStopsInTime() throws Exception {
    copy("audit-kafka");
    agent.ofRoute("route.audit.brokers", "127.0.0.1:1").start();
    eventually("ready", agent::isReady);
    // To try each of them once while the agent stops would take longer than a stop may.
    for (int i = 0; i < 40; i++) {
      agent.policy("for-web-" + i, "web", "");
    }
    eventually("they wait", () -> undelivered("audit-kafka-send") >= 40);
    assertThat(agent.isReady()).isTrue();
    CamelContext context = agent.agent().context();
    agent.stop();
    assertThat(context.getShutdownStrategy().isTimeoutOccurred()).isFalse();
  }

  private void startWithKafka() throws Exception {
    copy("audit-kafka");
    Files.writeString(
        routes.resolve("kafka.camel.yaml"),
        "- beans: [{name: factory, type: " + RecordingKafka.class.getName() + "}]\n");
    agent.ofRoute("route.audit.brokers", "kafka-1:9092,kafka-2:9092").start();
    eventually("ready", agent::isReady);
  }

  /** The kinds of the records that name a policy. */
  private List<String> recorded(String policy) throws IOException {
    List<String> kinds = new ArrayList<>();
    for (ProducerRecord<String, String> record : RecordingKafka.records()) {
      if (record.value().contains("shop/" + policy)) {
        kinds.add(json.readTree(record.value()).get("notice").asText());
      }
    }
    return kinds;
  }

  private int undelivered(String route) throws Exception {
    for (JsonNode check : json.readTree(agent.health("ready").body()).get("checks")) {
      if (check.get("name").asText().equals("undelivered")) {
        return check.get("data").get(route).asInt();
      }
    }
    throw new AssertionError("no check");
  }

  @Test
  void chatHearsOfDeadLettersAndOfTheirEnd() throws Exception {
    copy("alert-webhook");
    agent.ofRoute("route.webhook.url", serve(200) + "/hook").start();
    tools.poison("shop/for-web ingress 1");
    agent.policy("for-web", "web", "");
    eventually("a message", () -> !posted.isEmpty());
    JsonNode message = json.readTree(posted.get(0).split("\n", 2)[1]);
    assertThat(posted.get(0)).startsWith("POST /hook\n");
    assertThat(message.get("text").asText())
        .startsWith("netpol on n1: shop/web could not be applied: ");
    tools.poison("");
    eventually("the end", () -> posted.stream().anyMatch(p -> p.contains("is settled")));
    // Tried again all the time, told once.
    assertThat(posted.stream().filter(p -> p.contains("could not"))).hasSize(1);
  }

  @Test
  void defaultDenyWaitsForItsApproval() throws Exception {
    copy("approval");
    Path approvals = Files.createDirectory(folder.resolve("approvals"));
    deny("deny-all");
    agent.ofRoute("route.approvals", approvals.toString()).start();
    agent.pod("db", "10.0.0.2");
    agent.policy("for-db", "db", "");
    eventually("what needs none", () -> tools.delivered().contains(chain("db")));
    assertThat(tools.delivered()).doesNotContain(chain("web"));
    eventually("ready", agent::isReady);

    Files.createFile(approvals.resolve("shop_deny-all"));
    eventually("what is approved", () -> tools.delivered().contains(chain("web")));
  }

  @Test
  void policyThatGoesWhileItIsHeldStaysAway() throws Exception {
    copy("approval");
    Path approvals = Files.createDirectory(folder.resolve("approvals"));
    agent.ofRoute("route.approvals", approvals.toString()).start();
    deny("deny-all");
    agent.pod("db", "10.0.0.2");
    agent.policy("for-db", "db", "");
    eventually("what needs none", () -> tools.delivered().contains(chain("db")));
    policies().delete();
    eventually("it is gone", () -> tools.delivered().contains("-X " + chain("db")));
    Files.createFile(approvals.resolve("shop_deny-all"));
    deny("other");
    Files.createFile(approvals.resolve("shop_other"));
    eventually("what came later", () -> tools.delivered().contains("shop/other"));
    assertThat(tools.delivered()).doesNotContain("shop/deny-all");
  }

  private NonNamespaceOperation<NetworkPolicy, NetworkPolicyList, Resource<NetworkPolicy>>
      policies() {
    return agent.api().client().network().v1().networkPolicies().inNamespace("shop");
  }

  @Test
  void dryRunReportsAndTouchesNothing() throws Exception {
    copy("dry-run");
    Path report = folder.resolve("report");
    agent
        .ofRoute("route.dry-run.folder", report.toString())
        .set(Setting.CHECK_DELAY, "50")
        .set(Setting.RESYNC_INTERVAL, "100")
        .start();
    agent.policy("for-web", "web", "");
    Path payload = report.resolve("iptables.restore");
    eventually(
        "a report",
        () -> Files.exists(payload) && Files.readString(payload).contains(chain("web")));
    eventually("ready", agent::isReady);
    agent.pod("db", "10.0.0.2");
    agent.policy("for-db", "db", "");
    eventually("the next", () -> Files.readString(payload).contains(chain("db")));
    assertThat(Files.readString(payload)).as("all that is lacking").contains(chain("web"));
    policies().withName("for-web").delete();
    eventually("the former again", () -> !Files.readString(payload).contains(chain("web")));
    agent.policy("for-web", "web", "");
    eventually("and the latter", () -> Files.readString(payload).contains(chain("web")));
    policies().delete();
    eventually("nothing", () -> Files.readString(payload).isEmpty());
    assertThat(tools.delivered()).isEmpty();
    assertThat(agent.files()).isEmpty();
  }

  @Test
  void payloadGoesToAnotherHostByHttp() throws Exception {
    copy("deliver-by-http");
    agent.ofRoute("route.host.url", serve(200) + "/node-1").start();
    agent.policy("for-web", "web", "");
    eventually("it is posted", () -> posted.stream().anyMatch(p -> p.contains(chain("web"))));
    assertThat(posted).allMatch(p -> p.matches("(?s)POST /node-1/(ipset|ip6?tables)\n.*"));
    assertThat(tools.delivered()).isEmpty();
  }

  @Test
  void otherHostThatRefusesMakesADeadLetter() throws Exception {
    copy("deliver-by-http");
    agent.ofRoute("route.host.url", serve(500)).start();
    agent.policy("for-web", "web", "");
    eventually("a letter", () -> !agent.files().isEmpty());
    assertThat(agent.isReady()).isFalse();
  }

  @Test
  void payloadGoesToAnotherHostBySsh() throws Exception {
    Path ssh = folder.resolve("ssh");
    // Takes options and host, then runs what there is of the rest beside it.
    TestAgent.script(
        ssh,
        "#!/bin/sh\n[ \"$1 $2 $3 $4\" = '-o BatchMode=yes -o ConnectTimeout=5' ] || exit 255\n"
            + "echo \"$5\" >> %1$s/hosts\nshift 5\ntool=$1\nshift\nexec %1$s/$tool \"$@\"\n"
                .formatted(folder));
    Properties example = new Properties();
    try (var reader =
        Files.newBufferedReader(Path.of("examples/deliver-by-ssh/netpol.properties"))) {
      example.load(reader);
    }
    for (Setting setting : Setting.values()) {
      String value = example.getProperty(setting.property());
      if (value != null) {
        agent.set(setting, value.replaceFirst("^ssh ", ssh + " "));
      }
    }
    agent.start();
    agent.policy("for-web", "web", "");
    eventually("it is there", () -> tools.delivered().contains(chain("web")));
    assertThat(Files.readAllLines(folder.resolve("hosts"))).containsOnly("root@gateway");
  }

  private void copy(String example) throws IOException {
    copy(Path.of("examples", example));
  }

  private void copy(Path from) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".camel.yaml")).toList()) {
        Files.copy(file, routes.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void deny(String name) {
    agent
        .api()
        .client()
        .resource(
            Serialization.unmarshal(
                "metadata: {name: %s, namespace: shop}\nspec: {podSelector: {}}".formatted(name),
                NetworkPolicy.class))
        .create();
  }

  /** A server that notes what is posted; its URL. */
  private String serve(int postStatus) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream in = exchange.getRequestBody()) {
            String body = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            boolean post = exchange.getRequestMethod().equals("POST");
            if (post) {
              posted.add("POST " + exchange.getRequestURI() + "\n" + body);
            }
            // The host's kernel holds nothing.
            boolean table = !post && exchange.getRequestURI().getPath().endsWith("tables");
            byte[] answer = (table ? "*filter\nCOMMIT\n" : "").getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(
                post ? postStatus : 200, answer.length == 0 ? -1 : answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    server.start();
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private List<String> kinds(Path folder) throws IOException {
    List<String> kinds = new ArrayList<>();
    for (String line : lines(folder)) {
      kinds.add(json.readTree(line).get("notice").asText());
    }
    return kinds;
  }

  private JsonNode record(List<String> lines, String kind) throws IOException {
    for (String line : lines) {
      JsonNode record = json.readTree(line);
      if (record.get("notice").asText().equals(kind)) {
        return record;
      }
    }
    throw new AssertionError("no record " + kind);
  }

  /** The whole lines of all files. */
  private static List<String> lines(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String text = Files.readString(file);
        text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(lines::add);
      }
    }
    return lines;
  }

  private static String chain(String pod) {
    return Names.podChain(Direction.INGRESS, new ObjectKey("shop", pod));
  }
}
