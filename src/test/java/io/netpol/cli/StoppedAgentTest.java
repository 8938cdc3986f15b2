package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.settings.Setting;
import io.netpol.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * SIGTERM comes while a tool works and more is due: what was begun is delivered whole or not at
 * all, and what was due is taken up by the next agent.
 */
@Tag("agent")
class StoppedAgentTest {

  /** How long routes are given when the agent is asked to end; the tool is given ten times that. */
  private static final int SECONDS = 3;

  /** Reads all, says so, and takes it when it is told to. */
  private static final String HELD =
      """
      #!/bin/sh
      case "$0 $*" in *tables-save*) printf '*filter\\nCOMMIT\\n'; exit 0 ;; *save*) exit 0 ;; esac
      payload=$(cat)
      [ -e %1$s/hold ] && echo $$ > %1$s/held
      while [ -e %1$s/hold ]; do sleep 0.05; done
      printf '# %%s\\n%%s\\n' "$(basename "$0")" "$payload" >> "%1$s/delivered"
      """;

  @TempDir private Path folder;
  private FakeTools tools;
  private ApiFixture fixture;
  private AgentProcess agent;

  @BeforeEach
  void startWithOnePolicy() throws Exception {
    tools = new FakeTools(folder);
    for (String tool : List.of("iptables-restore", "ip6tables-restore")) {
      TestAgent.script(folder.resolve(tool), HELD.formatted(folder));
    }
    fixture = new ApiFixture();
    fixture.createNode("n1", List.of("192.168.50.1"));
    fixture.createNamespace("shop", Map.of());
    for (int i = 1; i <= 3; i++) {
      fixture.createPod("shop/p" + i, "n1", Map.of("app", "p" + i), List.of("10.244.1.1" + i));
    }
    policy(1);
    Map<Setting, String> settings =
        AgentSettings.of(fixture.name("n1"), folder.resolve("letters"), tools.settings());
    settings.put(Setting.KUBECONFIG, fixture.kubeconfig(folder).toString());
    Files.createDirectories(folder.resolve("conf"));
    Files.writeString(
        folder.resolve("conf/netpol.properties"), "camel.main.shutdownTimeout = " + SECONDS + "\n");
    agent = new AgentProcess(folder, settings);
    agent.start();
    await(() -> delivered(1));
    Files.createFile(folder.resolve("hold"));
    policy(2);
    await(() -> Files.exists(folder.resolve("held")));
    policy(3); // due, and gathered behind the apply that is under way
  }

  @AfterEach
  void stop() throws Exception {
    Files.deleteIfExists(folder.resolve("hold"));
    agent.kill();
    fixture.close();
  }

  @Test
  void whatWasBegunIsFinishedAndTheRestIsTakenUpByTheNextAgent() throws Exception {
    agent.terminate();
    await(() -> agent.printed().contains("shutting down"));
    Files.delete(folder.resolve("hold"));
    await(() -> !agent.isAlive());
    assertThat(delivered(2)).isTrue();
    takenUp();
  }

  @Test
  void toolThatDoesNotEndIsKilledWithTheAgent() throws Exception {
    agent.terminate();
    await(() -> !agent.isAlive());
    long tool = Long.parseLong(Files.readString(folder.resolve("held")).trim());
    assertThat(agent.printed()).contains("was ended, because the agent stops");
    await(() -> ProcessHandle.of(tool).filter(ProcessHandle::isAlive).isEmpty());
    assertThat(delivered(2)).isFalse();
    assertThat(delivered(3)).isFalse();
    Files.delete(folder.resolve("hold"));
    takenUp();
  }

  private void takenUp() throws Exception {
    Files.delete(folder.resolve("delivered"));
    agent.start();
    await(() -> delivered(1) && delivered(2) && delivered(3));
    assertThat(tools.delivered().lines().filter("COMMIT"::equals).count())
        .as("whole payloads")
        .isEqualTo(tools.delivered().lines().filter("*filter"::equals).count());
  }

  private void policy(int i) {
    fixture.policy("shop", "for-" + i, "podSelector: {matchLabels: {app: p" + i + "}}");
  }

  private boolean delivered(int i) throws Exception {
    return tools.delivered().contains("/p" + i + " ingress denied");
  }

  private void await(Callable<Boolean> condition) throws Exception {
    Eventually.holds(agent::printed, condition);
  }
}
