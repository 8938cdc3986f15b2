package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.route.Setting;
import io.netpol.route.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running agent explains from what it knows, to those on its host only. */
@Tag("agent")
class AgentExplainTest {

  @TempDir private Path folder;
  private EmbeddedApiServer api;
  private Agent agent;
  private int port;

  @BeforeEach
  void start() throws Exception {
    FakeTools tools = new FakeTools(folder);
    api = EmbeddedApiServer.start();
    api.createNamespace("shop");
    api.client().resource(Serialization.unmarshal("metadata: {name: n1}", Node.class)).create();
    pod("web", "n2", "10.0.2.1");
    pod("db", "n1", "10.0.1.1");
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: db-from-api, namespace: shop}
                spec:
                  podSelector: {matchLabels: {app: db}}
                  ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]
                """,
                NetworkPolicy.class))
        .create();
    Map<Setting, String> settings = tools.settings();
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    settings.put(Setting.NODE, "n1");
    settings.put(Setting.ROUTES, "routes");
    settings.put(Setting.DEAD_LETTERS, folder.resolve("letters").toString());
    settings.put(Setting.HTTP_PORT, Integer.toString(port));
    agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
    agent.start();
  }

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.stop();
    }
    api.close();
  }

  @Test
  void saysWhatIsDeniedAndWhatTheKernelLacks() throws Exception {
    CommandRun run = explain("--to", "shop/db", "--port", "5432");
    // Before all objects are listed it says that it cannot know; then the rules are on their way.
    while (!run.out().contains("DENIED")) {
      assertThat(run.out()).doesNotContain("ALLOWED");
      run = explain("--to", "shop/db", "--port", "5432");
    }
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .contains("DENIED  TCP 5432 over IPv4")
        .contains("but label app of shop/web is web, not api")
        .as("these tools took the rules, and print none")
        .contains("kernel  shop/db: the kernel of this node does NOT hold exactly its rules");

    CommandRun json = explain("--to", "shop/db", "--port", "5432", "--output", "json");
    assertThat(json.status()).isEqualTo(1);
    assertThat(json.out()).contains("\"allowed\" : false").contains("\"shop/db\" : \"lacks\"");

    IpAddress local =
        HostAddresses.now().stream()
            .filter(a -> a.family() == Family.IPV4)
            .findFirst()
            .orElseThrow();
    CommandRun own =
        CommandRun.of(
            "explain",
            "--agent",
            "127.0.0.1:" + port,
            "--from",
            local.toString(),
            "--to",
            "shop/db",
            "--port",
            "1");
    assertThat(own.out() + own.err())
        .contains(local + " (address of node n1)", "its own node always");
    CommandRun elsewhere =
        CommandRun.of(
            "explain",
            "--agent",
            "127.0.0.1:" + port,
            "--from",
            "192.0.2.77",
            "--to",
            "shop/db",
            "--port",
            "1");
    assertThat(elsewhere.out())
        .contains("DENIED")
        .as("all addresses of the node are known")
        .doesNotContain("but 192");
    assertThat(elsewhere.status()).isEqualTo(1);

    CommandRun open = explain("--to", "10.0.2.1", "--port", "80");
    assertThat(open.status()).isZero();

    CommandRun matrix = CommandRun.of("matrix", "--agent", "127.0.0.1:" + port, "--port", "5432");
    assertThat(matrix.status()).as(matrix.err()).isZero();
    assertThat(matrix.out()).contains("1 shop/db  + + +", "2 shop/web - + +", "3 world    - + .");
    CommandRun nowhere =
        CommandRun.of("matrix", "--agent", "127.0.0.1:" + port, "--namespace", "nowhere");
    assertThat(nowhere.status()).isEqualTo(2);
    assertThat(nowhere.err()).contains("there is no namespace \"nowhere\"");

    CommandRun bad = explain("--to", "shop/none", "--port", "5432");
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("there is no pod \"shop/none\"");

    // A page in a browser on this host may ask us by a name that leads here.
    assertThat(raw("GET", "attacker.example")).startsWith("HTTP/1.1 403 ");
    assertThat(raw("GET", "localhost:" + port)).startsWith("HTTP/1.1 400 ").contains("no from is");
    assertThat(raw("POST", "localhost:" + port)).startsWith("HTTP/1.1 405 ");
  }

  @Test
  void agentThatIsNotThereIsNoDenial() {
    agent.stop();
    CommandRun run = explain("--to", "shop/db", "--port", "5432");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("no agent answers at 127.0.0.1:" + port);
    agent = null;
  }

  private CommandRun explain(String... more) {
    String[] args = new String[5 + more.length];
    System.arraycopy(
        new String[] {"explain", "--agent", "127.0.0.1:" + port, "--from", "shop/web"},
        0,
        args,
        0,
        5);
    System.arraycopy(more, 0, args, 5, more.length);
    return CommandRun.of(args);
  }

  private String raw(String method, String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String request =
          method + " /netpol/explain HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private void pod(String name, String node, String address) {
    api.client()
        .resource(
            Serialization.unmarshal(
                """
                metadata: {name: %1$s, namespace: shop, labels: {app: %1$s}}
                spec: {nodeName: %2$s}
                status: {phase: Running, podIP: %3$s, podIPs: [{ip: %3$s}]}
                """
                    .formatted(name, node, address),
                Pod.class))
        .create();
  }
}
