package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A heap that is too small for the cluster: the agent ends with a status that makes the kubelet
 * start it again, and says why; it writes nothing on its way.
 */
@Tag("agent")
class SmallHeapTest {

  private static final int PODS = 40_000;

  @TempDir private Path folder;
  private HttpServer server;
  private AgentProcess agent;
  private FakeTools tools;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    list("/api/v1/namespaces", "Namespace", "v1", "");
    list("/api/v1/nodes", "Node", "v1", "{\"metadata\":{\"name\":\"n1\",\"uid\":\"n1\"}}");
    list("/apis/networking.k8s.io/v1/networkpolicies", "NetworkPolicy", "networking.k8s.io/v1", "");
    list("/api/v1/pods", "Pod", "v1", pods());
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    if (agent != null) {
      agent.kill();
    }
    server.stop(0);
  }

  private static String pods() {
    StringBuilder pods = new StringBuilder();
    for (int i = 0; i < PODS; i++) {
      pods.append(i == 0 ? "" : ",")
          .append("{\"metadata\":{\"namespace\":\"shop\",\"name\":\"pod-%d\",".formatted(i))
          .append("\"uid\":\"%d\",\"resourceVersion\":\"%d\",".formatted(i, i))
          .append("\"labels\":{\"app\":\"app-%d\",\"id\":\"%d\"}},".formatted(i, i))
          .append("\"spec\":{\"nodeName\":\"n%d\"},".formatted(i % 200))
          .append("\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"")
          .append("10.%d.%d.%d\"}]}}".formatted(i >> 16, (i >> 8) & 255, i & 255));
    }
    return pods.toString();
  }

  private void list(String path, String kind, String version, String items) {
    byte[] list =
        "{\"apiVersion\":\"%s\",\"kind\":\"%sList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[%s]}"
            .formatted(version, kind, items)
            .getBytes(StandardCharsets.UTF_8);
    server.createContext(path, exchange -> answer(exchange, list));
  }

  private static void answer(HttpExchange exchange, byte[] list) throws IOException {
    boolean watch = String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true");
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    if (watch) {
      exchange.sendResponseHeaders(404, -1);
    } else {
      exchange.sendResponseHeaders(200, list.length);
      exchange.getResponseBody().write(list);
    }
    exchange.close();
  }

  @Test
  @Timeout(180)
  void agentThatRunsOutOfMemoryEndsWithAnErrorAndWritesNothing() throws Exception {
    tools = new FakeTools(folder);
    Map<Setting, String> settings = tools.settings();
    settings.put(Setting.NODE, "n1");
    settings.put(Setting.UNPROGRAMMED, "drop");
    settings.put(Setting.ROUTES, Path.of("routes").toAbsolutePath().toString());
    settings.put(Setting.DEAD_LETTERS, folder.resolve("letters").toString());
    settings.put(
        Setting.KUBECONFIG,
        Files.writeString(
                folder.resolve("kubeconfig"),
                Kubeconfig.to("http://127.0.0.1:" + server.getAddress().getPort()))
            .toString());
    try (ServerSocket socket = new ServerSocket(0)) {
      settings.put(Setting.HTTP_PORT, Integer.toString(socket.getLocalPort()));
    }
    agent = new AgentProcess(folder, settings);
    agent.start(List.of("-Xmx36m"));
    assertThat(agent.await()).as(agent.printed()).isEqualTo(3);
    assertThat(agent.printed()).contains("Terminating due to java.lang.OutOfMemoryError");
    assertThat(tools.delivered()).isEmpty();
  }
}
