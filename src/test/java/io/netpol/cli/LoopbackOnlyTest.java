package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.settings.Setting;
import io.netpol.testing.Listening;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No command listens where another host could reach it, unless a setting says so. */
@Tag("agent")
class LoopbackOnlyTest {

  private static final String SHOP = "docs/examples/shop";

  /** What each command is given; {@code run} and {@code demo} have tests of their own. */
  private static final Map<String, String> SHORT =
      Map.of(
          "render", "--manifests " + SHOP + " --node n1",
          "explain", "--manifests " + SHOP + " --from shop/web --to shop/db --port 5432",
          "matrix", "--manifests " + SHOP,
          "diff", "--before " + SHOP + " --after docs/examples/shop-change",
          "lint", "--manifests " + SHOP,
          "dead-letters", "list --folder %s",
          "cleanup", "--dry-run",
          "rehearse", "--port %d");

  @TempDir private Path folder;

  static Stream<String> shortCommands() {
    return SHORT.keySet().stream().sorted();
  }

  @Test
  void everyCommandIsLookedAt() {
    Set<String> looked = new HashSet<>(SHORT.keySet());
    looked.addAll(List.of("run", "demo")); // DemoProcessTest looks at the demo
    assertThat(Netpol.commandLine().getSubcommands().keySet()).isEqualTo(looked);
  }

  @ParameterizedTest
  @MethodSource("shortCommands")
  void shortCommandListensOnLoopbackAtMost(String command) throws Exception {
    Path routes =
        Files.createSymbolicLink(folder.resolve("routes"), Path.of("routes").toRealPath());
    assertThat(routes).isDirectory();
    String arguments =
        SHORT
            .get(command)
            .replace("%s", folder.toString())
            .replace("%d", Integer.toString(freePort()));
    List<String> line =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    line.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    line.addAll(List.of("-Dnetpol.home=" + folder, "-cp", DemoProcessTest.classPath()));
    line.addAll(List.of("io.netpol.cli.Netpol", command));
    line.addAll(List.of(arguments.split(" ")));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    Set<InetSocketAddress> seen = new HashSet<>();
    try {
      while (process.isAlive()) {
        seen.addAll(Listening.of(process.pid()));
      }
    } finally {
      process.destroyForcibly();
    }
    // 2 is bad input: such a command would have shown nothing.
    assertThat(process.waitFor()).as(Files.readString(output)).isIn(0, 1);
    assertThat(Listening.reachable(seen)).isEmpty();
    assertThat(seen.isEmpty()).as("listens").isEqualTo(!command.equals("rehearse"));
  }

  @Test
  void agentListensOnLoopbackOnly() throws Exception {
    try (ApiFixture fixture = new ApiFixture()) {
      fixture.createNode("n1", List.of("192.168.50.1"));
      Map<Setting, String> settings =
          AgentSettings.of(
              fixture.name("n1"), folder.resolve("letters"), new FakeTools(folder).settings());
      settings.put(Setting.KUBECONFIG, fixture.kubeconfig(folder).toString());
      int port = Integer.parseInt(settings.get(Setting.HTTP_PORT));
      AgentProcess agent = new AgentProcess(folder, settings);
      agent.start();
      try {
        TestAgent.eventually("applied", () -> agent.printed().contains("all of kind"));
        Set<InetSocketAddress> seen = Listening.of(agent.pid());
        assertThat(Listening.reachable(seen)).isEmpty();
        assertThat(seen).extracting(InetSocketAddress::getPort).contains(port);
      } finally {
        agent.kill();
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
