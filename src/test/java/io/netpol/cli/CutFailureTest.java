package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.ApplyService;
import io.netpol.route.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A conntrack that doesn't do what it should: applies are good all the same, and it is tried on.
 */
@Tag("agent")
class CutFailureTest {

  private static final String FAILURES = "netpol_connection_termination_failures_total";
  private static final String CUT = "netpol_terminated_connections_total";
  private static final String FORMER_CUT = "netpol_cut_connections_total";
  private static final String CONNTRACK = "netpol_tool_failures_total{tool=\"conntrack\"}";

  /** One connection that the pod's policy forbids is listed, and deleted by whom deletes. */
  private static final String GOOD =
      """
      #!/bin/sh
      shown() { echo "conntrack v1.4.7 (conntrack-tools): $1 flow entries have been shown." >&2; }
      entry='ipv4 2 tcp 6 300 ESTABLISHED src=10.9.9.9 dst=10.0.0.2 sport=1 dport=99 src=10.0.0.2 dst=10.9.9.9 sport=99 dport=1 use=1'
      case "$*" in
        -L*ipv4*) echo "$entry"; shown 1 ;;
        -L*) shown 0 ;;
        *load-file*) cat >> %1$s/deletions; echo "$entry" ;;
      esac
      """;

  @TempDir private Path folder;
  private Path conntrack;
  private TestAgent agent;

  @BeforeEach
  void prepare() throws Exception {
    conntrack = folder.resolve("conntrack");
    agent =
        new TestAgent(folder, new FakeTools(folder).settings())
            .set(Setting.TERMINATE_CONNECTIONS, "on")
            .set(Setting.RESYNC_INTERVAL, "200")
            .set(Setting.COMMAND_CONNTRACK, conntrack.toString());
    agent.pod("web", "10.0.0.2");
    agent.policy("for-web", "web", "");
  }

  @AfterEach
  void stop() {
    agent.close();
  }

  @Test
  void missingConntrackStopsNothingAndIsTriedUntilItIsThere() throws Exception {
    agent.start();
    failsAndHeals();
    assertThat(agent.metric(CONNTRACK)).isGreaterThanOrEqualTo(2);
  }

  @Test
  void missingConntrackIsSaidWithoutBeingAskedFor() throws Exception {
    agent.set(Setting.TERMINATE_CONNECTIONS, "off").start();
    eventually(
        "said",
        () ->
            agent
                .health("ready")
                .body()
                .contains("install conntrack, or set netpol.command.conntrack"));
    eventually("ready", agent::isReady);

    TestAgent.script(conntrack, GOOD.formatted(folder));
    eventually("healed", () -> !agent.health("ready").body().contains("install conntrack"));
    assertThat(folder.resolve("deletions")).as("what is only forbidden").doesNotExist();
  }

  @Test
  void listingThatIsNotWholeIsNotTakenForOne() throws Exception {
    TestAgent.script(conntrack, GOOD.formatted(folder).replace("shown 1", "shown 2"));
    agent.start();
    eventually("said", () -> agent.health("ready").body().contains("connections cannot be read"));
    failsAndHeals();
  }

  @Test
  void connectionThatEndsMeanwhileIsNoFailure() throws Exception {
    TestAgent.script(
        conntrack,
        GOOD.formatted(folder)
            .replace(
                "*load-file*) cat",
                "*load-file*) if [ ! -e %1$s/tried ]; then touch %1$s/tried; echo \"%2$s\" >&2; exit 1; fi; cat"
                    .formatted(
                        folder,
                        "conntrack v1.4.7 (conntrack-tools): Operation failed: such conntrack doesn't"
                            + " exist")));
    agent.set(Setting.RETRY_INTERVAL, "3600000").start();
    eventually("cut", () -> agent.metric(CUT) > 0);
    assertThat(folder.resolve("tried")).exists();
    assertThat(agent.metric(FAILURES)).isZero();
  }

  @Test
  void conntrackThatHangsAndIgnoresSigtermIsKilled() throws Exception {
    Path pids = folder.resolve("pids");
    TestAgent.script(
        conntrack,
        "#!/bin/sh\ntrap '' TERM\necho $$ >> %s\nwhile :; do sleep 1; done\n".formatted(pids));
    agent.set(Setting.COMMAND_TIMEOUT, "2000").set(Setting.LOCK_WAIT_SECONDS, "1").start();
    failsAndHeals();
    for (String pid : Files.readAllLines(pids)) {
      eventually("gone", () -> ProcessHandle.of(Long.parseLong(pid)).isEmpty());
    }
  }

  @Test
  void deletionThatFailsIsTriedAgain() throws Exception {
    TestAgent.script(
        conntrack,
        GOOD.formatted(folder).replace("*load-file*)", "*load-file*) echo no >&2; exit 1;"));
    agent.start();
    failsAndHeals();
  }

  private ApplyService apply() {
    return agent.agent().context().getRegistry().lookupByNameAndType("apply", ApplyService.class);
  }

  private void failsAndHeals() throws Exception {
    eventually("failed twice", () -> agent.metric(FAILURES) >= 2);
    assertThat(agent.metric(CUT)).isZero();
    assertThat(apply().isLastGood()).isTrue();
    assertThat(agent.isReady()).isTrue();
    assertThat(agent.files()).isEmpty();

    TestAgent.script(conntrack, GOOD.formatted(folder));
    eventually("cut", () -> agent.metric(CUT) > 0);
    assertThat(agent.metric(FORMER_CUT)).isEqualTo(agent.metric(CUT));
    assertThat(Files.readAllLines(folder.resolve("deletions")))
        .first()
        .isEqualTo("-D -f ipv4 -p 6 -s 10.9.9.9 -r 10.0.0.2 --reply-port-src 99");
    double failures = agent.metric(FAILURES);
    ApplyService apply = apply();
    for (int i = 0; i < 3; i++) { // resyncs, by which it would be tried again
      Optional<Instant> before = apply.lastSuccess();
      eventually("a resync", () -> !apply.lastSuccess().equals(before));
    }
    assertThat(agent.metric(FAILURES)).isEqualTo(failures);
    assertThat(Files.readAllLines(folder.resolve("deletions"))).hasSize(1);
  }
}
