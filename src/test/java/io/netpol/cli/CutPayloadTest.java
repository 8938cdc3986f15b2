package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.settings.Setting;
import io.netpol.testing.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent that is killed while a tool reads its payload: the tool must not take the half of a line
 * for a whole one. To ipset {@code add SET 10.1.2.0/2} is as good as {@code add SET 10.1.2.0/24}.
 */
@Tag("agent")
class CutPayloadTest {

  /** More than a pipe holds, so that the agent is still writing. */
  private static final int BLOCKS = 4_000;

  /** Reads when it is told to. */
  private static final String SLOW_READER =
      """
      #!/bin/sh
      case "$*" in save) exit 0 ;; esac
      touch %1$s/started
      while [ ! -e %1$s/go ]; do sleep 0.1; done
      cat > %1$s/received.part
      mv %1$s/received.part %1$s/received
      """;

  @TempDir private Path folder;
  private ApiFixture fixture;
  private AgentProcess agent;

  @AfterEach
  void stop() throws Exception {
    if (agent != null) {
      agent.kill();
    }
    if (fixture != null) {
      fixture.close();
    }
  }

  @Test
  void toolReadsNoHalfLineWhenTheAgentIsKilled() throws Exception {
    fixture = new ApiFixture();
    fixture.createNode("n1", List.of("192.168.50.1"));
    fixture.createNamespace("shop", Map.of());
    fixture.createPod("shop/db", "n1", Map.of("app", "db"), List.of("10.244.1.11"));
    String peers =
        IntStream.range(0, BLOCKS)
            .mapToObj(i -> "{ipBlock: {cidr: 10." + i / 200 + "." + (i % 200 + 1) + ".0/24}}")
            .collect(Collectors.joining(", "));
    fixture.policy("shop", "db", "podSelector: {}\ningress: [{from: [" + peers + "]}]\n");
    agent = new AgentProcess(folder, settings());

    agent.start();
    await(() -> Files.exists(folder.resolve("started")));
    agent.kill();
    String cut = received();

    Files.delete(folder.resolve("go"));
    agent.start();
    String whole = received();

    Set<String> lines = new HashSet<>(whole.lines().toList());
    assertThat(lines).hasSizeGreaterThan(BLOCKS);
    assertThat(whole).endsWith("\n");
    assertThat(cut.lines().filter(line -> !lines.contains(line)))
        .as("lines that nobody meant, of %d characters", cut.length())
        .isEmpty();
  }

  private String received() throws Exception {
    Files.createFile(folder.resolve("go"));
    Path received = folder.resolve("received");
    await(() -> Files.exists(received));
    String text = Files.readString(received);
    Files.delete(received);
    return text;
  }

  private Map<Setting, String> settings() throws IOException {
    FakeTools tools = new FakeTools(folder);
    Path ipset = folder.resolve("ipset");
    Files.writeString(ipset, SLOW_READER.formatted(folder));
    Map<Setting, String> settings =
        AgentSettings.of(fixture.name("n1"), folder.resolve("letters"), tools.settings());
    settings.put(Setting.KUBECONFIG, fixture.kubeconfig(folder).toString());
    return settings;
  }

  private void await(Callable<Boolean> condition) throws Exception {
    Eventually.holds(agent::printed, condition);
  }
}
