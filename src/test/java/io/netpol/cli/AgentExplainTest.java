package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A running agent explains from what it knows, to those on its host only. */
@Tag("agent")
class AgentExplainTest {

  @TempDir private Path folder;
  private TestAgent agent;
  private String address;

  @BeforeEach
  void start() throws Exception {
    agent = new TestAgent(folder, new FakeTools(folder).settings());
    address = agent.uri("").getAuthority();
    agent.pod("web", "n2", "10.0.2.1");
    agent.pod("db", "n1", "10.0.1.1");
    agent.policy(
        """
        metadata: {name: db-from-api, namespace: shop}
        spec:
          podSelector: {matchLabels: {app: db}}
          ingress: [{from: [{podSelector: {matchLabels: {app: api}}}]}]
        """);
    agent.start();
  }

  @AfterEach
  void stop() {
    agent.close();
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
    CommandRun own = explainFrom(local.toString(), "--to", "shop/db", "--port", "1");
    assertThat(own.out() + own.err())
        .contains(local + " (address of node n1)", "its own node always");
    CommandRun elsewhere = explainFrom("192.0.2.77", "--to", "shop/db", "--port", "1");
    assertThat(elsewhere.out())
        .contains("DENIED")
        .as("all addresses of the node are known")
        .doesNotContain("but 192");
    assertThat(elsewhere.status()).isEqualTo(1);

    CommandRun open = explain("--to", "10.0.2.1", "--port", "80");
    assertThat(open.status()).isZero();

    CommandRun matrix = CommandRun.of("matrix", "--agent", address, "--port", "5432");
    assertThat(matrix.status()).as(matrix.err()).isZero();
    assertThat(matrix.out()).contains("1 shop/db  + + +", "2 shop/web - + +", "3 world    - + .");
    CommandRun nowhere = CommandRun.of("matrix", "--agent", address, "--namespace", "nowhere");
    assertThat(nowhere.status()).isEqualTo(2);
    assertThat(nowhere.err()).contains("there is no namespace \"nowhere\"");

    CommandRun bad = explain("--to", "shop/none", "--port", "5432");
    assertThat(bad.status()).isEqualTo(2);
    assertThat(bad.err()).contains("there is no pod \"shop/none\"");

    // A page in a browser on this host may ask us by a name that leads here.
    assertThat(raw("GET", "attacker.example")).startsWith("HTTP/1.1 403 ");
    assertThat(raw("GET", "localhost:" + agent.uri("").getPort()))
        .startsWith("HTTP/1.1 400 ")
        .contains("no from is");
    assertThat(raw("POST", "localhost:" + agent.uri("").getPort())).startsWith("HTTP/1.1 405 ");
  }

  @Test
  void agentThatIsNotThereIsNoDenial() {
    agent.stop();
    CommandRun run = explain("--to", "shop/db", "--port", "5432");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("no agent answers at " + address);
  }

  private CommandRun explain(String... more) {
    return explainFrom("shop/web", more);
  }

  private CommandRun explainFrom(String from, String... more) {
    List<String> args = new ArrayList<>(List.of("explain", "--agent", address, "--from", from));
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }

  private String raw(String method, String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), agent.uri("").getPort())) {
      String request =
          method + " /netpol/explain HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
