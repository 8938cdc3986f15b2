package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.route.settings.Setting;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with a tool or the folder of the letters has an end, and heals. */
@Tag("agent")
class PoisonTest {

  private static final String GOOD = "shop/for-good ingress 1";
  private static final String BAD = "shop/for-bad ingress 1";

  @TempDir private Path folder;
  private FakeTools tools;
  private TestAgent agent;

  @BeforeEach
  void prepare() throws IOException {
    tools = new FakeTools(folder);
    agent = new TestAgent(folder, tools.settings());
    agent.pod("good", "10.0.0.1");
    agent.pod("bad", "10.0.0.2");
    agent.policy("for-good", "good", "");
    agent.policy("for-bad", "bad", "");
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void toolThatHangsAndIgnoresSigtermIsKilledAndItsWorkGoesInLater() throws Exception {
    Path restore = folder.resolve("iptables-restore");
    String good = Files.readString(restore);
    Path pids = folder.resolve("pids");
    TestAgent.script(
        restore,
        """
        #!/bin/sh
        case "$0 $*" in *tables-save*) printf '*filter\\nCOMMIT\\n'; exit 0 ;; *save*) exit 0 ;; esac
        trap '' TERM
        echo $$ >> %1$s
        sh -c 'trap "" TERM; echo $$ >> %1$s; while :; do sleep 1; done' &
        while :; do sleep 1; done
        """
            .formatted(pids));
    agent.set(Setting.COMMAND_TIMEOUT, "2000").set(Setting.LOCK_WAIT_SECONDS, "1").start();
    eventually("a letter", () -> agent.files().size() == 1);

    JsonNode letter = letter();
    assertThat(letter.get("error").asText()).contains("did not finish within 2 s and was ended");
    assertThat(letter.has("exitStatus")).isFalse();
    assertThat(letter.get("state").asText()).isEqualTo("UNCHANGED");
    assertThat(letter.get("pods")).hasSize(2);
    assertThat(agent.health("ready").statusCode()).isEqualTo(503);
    assertThat(agent.health("ready").body())
        .contains("a tool fails (", "did not finish within 2 s and was ended")
        .doesNotContain("refuse");
    assertThat(
            agent.netpol("dead-letters", "replay", "--all", "--folder", agent.letters().toString()))
        .startsWith("1\n")
        .contains(": failed again: ", "did not finish within 2 s and was ended")
        .doesNotContain("refuse");
    assertThat(agent.health("live").statusCode()).isEqualTo(200);
    assertThat(agent.metric("netpol_dead_letters")).isEqualTo(1);
    assertThat(agent.metric("netpol_tool_failures_total{tool=\"iptables\"}")).isPositive();
    assertThat(agent.metric("netpol_tool_failures_total{tool=\"ip6tables\"}")).isZero();

    TestAgent.script(restore, good);
    eventually("all is applied", () -> delivered(GOOD) && delivered(BAD));
    eventually("healed", () -> agent.files().isEmpty() && agent.isReady());
    assertThat(agent.metric("netpol_dead_letters")).isZero();
    List<String> started = Files.readAllLines(pids);
    assertThat(started).hasSizeGreaterThanOrEqualTo(2);
    for (String pid : started) {
      eventually("gone", () -> !isAlive(Long.parseLong(pid)));
    }
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"iptables-restore", "iptables-save", "ipset"})
  void toolThatIsMissingIsNamedOnceAndTheWorkGoesInWhenItIsThere(String name) throws Exception {
    Path tool = folder.resolve(name);
    String good = Files.readString(tool);
    Files.delete(tool);
    agent.start();
    int families = name.equals("ipset") ? 2 : 1;
    eventually("a letter", () -> agent.files().size() == families);
    assertThat(letter().get("error").asText())
        .contains("cannot run " + tool)
        .contains("No such file or directory");
    assertThat(agent.health("ready").body()).contains("a tool fails (cannot run ");
    eventually("tried again", () -> letter().get("attempts").asInt() > 2);
    assertThat(agent.files()).as("one letter a family, not one a pod").hasSize(families);

    TestAgent.script(tool, good);
    eventually("all is applied", () -> delivered(GOOD) && delivered(BAD));
    eventually("healed", () -> agent.files().isEmpty() && agent.isReady());
  }

  /** What the other half holds would count as gone, and be made anew or be cut off. */
  @Test
  void halfATableThatAToolPrintsIsNoState() throws Exception {
    Path save = folder.resolve("iptables-save");
    String good = Files.readString(save);
    TestAgent.script(save, "#!/bin/sh\nprintf '*filter\\n:FORWARD ACCEPT [0:0]\\n'\n");
    agent.start();
    eventually("a letter", () -> agent.files().size() == 1);
    assertThat(letter().get("error").asText())
        .contains("table filter of iptables cannot be read: it has no end (COMMIT)");
    assertThat(tools.delivered()).doesNotContain("*filter");

    TestAgent.script(save, good);
    eventually("all is applied", () -> delivered(GOOD) && delivered(BAD));
    eventually("healed", () -> agent.files().isEmpty() && agent.isReady());
  }

  @Test
  void lettersOfAnEarlierRunAreEndedByTheFirstApply() throws Exception {
    tools.poison(BAD);
    agent.start();
    eventually("a letter", () -> agent.files().size() == 1);
    Path left = agent.files().get(0);
    agent.stop();
    Files.writeString(agent.letters().resolve(".part-x"), "{\"id\"");
    for (String id : List.of("pod_shop_good-aaaa", "pod_shop_gone-bbbb")) {
      Files.writeString(
          agent.letters().resolve(id + ".json"),
          Files.readString(left).replaceFirst("\"id\" : \"[^\"]*\"", "\"id\" : \"" + id + "\""));
    }
    int attempts = letter().get("attempts").asInt();

    agent.start();
    eventually("only what fails still", () -> agent.files().equals(List.of(left)));
    eventually(
        "counted on",
        () -> new ObjectMapper().readTree(left.toFile()).get("attempts").asInt() > attempts);
    assertThat(agent.letters().resolve(".part-x")).doesNotExist();
    tools.poison("");
    eventually("healed", () -> agent.files().isEmpty() && agent.isReady());
  }

  @Test
  void folderThatCannotBeMadeStopsNothing() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    agent.set(Setting.DEAD_LETTERS, file.resolve("letters").toString());
    tools.poison(BAD);
    agent.start();
    eventually(
        "said", () -> agent.health("ready").body().contains("dead letters cannot be written"));
    assertWorkIsDueStill();
  }

  @Test
  @NeedsKernel
  void fullOrReadOnlyDiskStopsNothing() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("letters"));
    run("mount", "-t", "tmpfs", "-o", "size=16k", "netpol-test", disk.toString());
    try {
      run("sh", "-c", "head -c 100k /dev/zero > " + disk + "/filler; true");
      tools.poison(BAD);
      agent.start();
      eventually("full", () -> agent.health("ready").body().contains("No space left on device"));
      assertThat(agent.files()).isEmpty();
      assertThat(disk.toFile().list()).containsExactly("filler");
      assertThat(agent.health("live").statusCode()).isEqualTo(200);

      Files.delete(disk.resolve("filler"));
      eventually("written now", () -> agent.files().size() == 1);
      assertThat(letter().get("line").asText()).contains(BAD);
      eventually("said no more", () -> !agent.health("ready").body().contains("No space"));

      run("mount", "-o", "remount,ro", disk.toString());
      eventually("read-only", () -> agent.health("ready").body().contains("Read-only file system"));
      String id = agent.files().get(0).getFileName().toString().replace(".json", "");
      assertThat(agent.netpol("dead-letters", "replay", id, "--folder", disk.toString()))
          .startsWith("1\nnetpol: cannot ask the agent: ")
          .contains("Read-only file system");
      assertWorkIsDueStill();
    } finally {
      agent.stop();
      run("umount", disk.toString());
    }
  }

  private void assertWorkIsDueStill() throws Exception {
    eventually("the rest goes in", () -> delivered(GOOD));
    assertThat(delivered(BAD)).isFalse();
    tools.poison("");
    eventually("healed", () -> delivered(BAD) && agent.isReady());
  }

  private boolean delivered(String rule) throws IOException {
    return tools.delivered().contains(rule);
  }

  private JsonNode letter() throws IOException {
    return new ObjectMapper().readTree(agent.files().get(0).toFile());
  }

  private static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.waitFor(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
  }
}
