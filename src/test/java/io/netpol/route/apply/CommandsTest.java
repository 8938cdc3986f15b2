package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netpol.testing.Eventually;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.LoggingLevel;
import org.apache.camel.component.exec.ExecCommand;
import org.apache.camel.component.exec.ExecException;
import org.apache.camel.component.exec.ExecResult;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {

  private static final long AMPLE = 60_000;
  private static final long SHORT = 500;
  private static final int MUCH = 8 * 1024 * 1024;

  @TempDir private Path folder;
  private final ToolFailures failures = new ToolFailures();
  private long limit;

  @Test
  void allInputIsWrittenAndAllOutputIsRead() throws Exception {
    byte[] much = "0123456789abcde\n".repeat(MUCH / 16).getBytes(StandardCharsets.US_ASCII);
    ExecResult result = run("cat; echo done >&2", much, AMPLE);
    assertThat(result.getStdout().readAllBytes()).isEqualTo(much);
    assertThat(result.getStderr()).hasContent("done");
    assertThat(result.getExitValue()).isZero();
  }

  @Test
  void outputBecomesTextWhereverItsPiecesEnd() throws Exception {
    String much = "ü€\n".repeat(100_000);
    ExecResult result = run("cat", much.getBytes(StandardCharsets.UTF_8), AMPLE);
    try (CamelContext context = new DefaultCamelContext()) {
      context.start();
      assertThat(context.getTypeConverter().convertTo(String.class, result.getStdout()))
          .isEqualTo(much);
    }
    assertThat(result.getStdout()).as("it was not read").hasContent(much);
  }

  @Test
  void unreadOutputDoesNotBlockTheTool() throws Exception {
    ExecResult result =
        run("head -c 2000000 /dev/zero >&2; head -c 2000000 /dev/zero; cat", new byte[0], AMPLE);
    assertThat(result.getStdout().readAllBytes()).hasSize(2_000_000);
    assertThat(result.getStderr().readAllBytes()).hasSizeLessThan(100_000);
  }

  @Test
  void failureHasTheStatusAndAllOfStderr() throws Exception {
    ExecException failure =
        failure("cat; echo out; echo 'tool v1: ' >&2; echo 'line\t7 bad' >&2; exit 3", "x", AMPLE);
    assertThat(failure).message().endsWith(" ended with status 3: tool v1:; line 7 bad");
    assertThat(failure.getExitValue()).isEqualTo(3);
    assertThat(failure.getStderr()).hasContent("tool v1: \nline\t7 bad");
  }

  @Test
  void longStderrIsShortenedInTheMessageAndCompleteInTheException() throws Exception {
    ExecException failure = failure("cat; seq 1 2000 >&2; exit 1", "x", AMPLE);
    assertThat(failure.getMessage()).contains(": 1; 2; 3; ").endsWith("…").hasSizeLessThan(1_200);
    assertThat(new String(failure.getStderr().readAllBytes(), StandardCharsets.UTF_8))
        .endsWith("2000\n");
  }

  @Test
  void missingToolIsNamed() {
    ExecException failure =
        catchThrowableOfType(
            ExecException.class,
            () ->
                new Commands(failures, error -> Optional.empty())
                    .execute(command("/no/such/iptables", List.of(), null, AMPLE)));
    assertThat(failure)
        .hasMessageContaining("cannot run /no/such/iptables")
        .hasMessageContaining("No such file or directory");
    assertThat(failure.getExitValue()).isEqualTo(Commands.NO_STATUS);
  }

  @Test
  void outputThatStaysOpenAfterTheToolHasEndedIsNoSuccess() throws Exception {
    // The child has its own session, so it cannot be found once its parent is gone.
    ExecException failure =
        overtime(
            """
            rm -f child
            echo '*filter'
            setsid sh -c 'echo $$ > child; exec sleep 300' &
            while ! [ -s child ]; do sleep 0.05; done
            """,
            "child");
    ProcessHandle.of(Long.parseLong(Files.readString(folder.resolve("child")).trim()))
        .ifPresent(ProcessHandle::destroyForcibly);
    assertThat(failure)
        .hasMessageContaining("did not finish within " + Commands.seconds(limit) + " s");
    assertThat(failure.getStdout()).isNull();
  }

  @Test
  void killedToolHasFailedAndItsOutputIsIgnored() throws Exception {
    ExecException failure = failure("echo '*filter'; kill -9 $$", "", AMPLE);
    assertThat(failure).hasMessageContaining("ended with status 137");
  }

  @Test
  void failuresAreCountedByToolWhereverItsNameIsInTheCommand() {
    String missing = folder.resolve("iptables-nft-restore").toString();
    for (ExecCommand command :
        List.of(
            command(missing, List.of("--wait", "10"), null, AMPLE),
            command("sh", List.of("-c", "exit 1", "/sbin/conntrack", "-L"), null, AMPLE),
            command("sh", List.of("-c", "exit 1"), null, AMPLE),
            command("sh", List.of("-c", "exit 0", "ipset"), null, AMPLE))) {
      try {
        new Commands(failures, error -> Optional.empty()).execute(command);
      } catch (ExecException e) {
        // counted
      }
    }
    assertThat(failures.of("iptables")).isEqualTo(1);
    assertThat(failures.of("conntrack")).isEqualTo(1);
    assertThat(failures.of(ToolFailures.OTHER)).isEqualTo(1);
    assertThat(failures.of("ipset")).isZero();
  }

  @Test
  void toolThatIgnoresSigtermIsKilledWithItsChildrenAndItsOutputIsIgnored() throws Exception {
    ExecException failure =
        overtime(
            """
            rm -f child
            trap '' TERM
            echo '*filter'
            echo hangs >&2
            sh -c 'trap "" TERM; echo $$ > child; while :; do sleep 1; done' &
            while ! [ -s child ]; do sleep 0.05; done
            echo $$ > parent
            while :; do sleep 1; done
            """,
            "parent");
    assertThat(failure)
        .hasMessageContaining("did not finish within " + Commands.seconds(limit))
        .hasMessageContaining(" s and was ended: hangs");
    assertThat(failure.getStdout()).isNull();
    assertThat(failure.getStderr()).hasContent("hangs");
    assertGone("parent");
    assertGone("child");
  }

  @Test
  void toolThatEndsWellAfterSigtermHasFailed() throws Exception {
    ExecException failure =
        failure("trap 'exit 0' TERM; echo half; while :; do sleep 0.05; done", "", SHORT);
    assertThat(failure).hasMessageContaining("was ended");
  }

  @Test
  void toolThatDoesNotReadItsInputHasFailed() throws Exception {
    ExecException failure = failure("exit 0", "x".repeat(MUCH), AMPLE);
    assertThat(failure).hasMessageContaining("before it had read all of its input");
  }

  private void assertGone(String file) throws IOException {
    long pid = Long.parseLong(Files.readString(folder.resolve(file)).trim());
    Optional<ProcessHandle> left = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    left.ifPresent(
        process ->
            process.onExit().orTimeout(Eventually.BOUND.toSeconds(), TimeUnit.SECONDS).join());
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  /**
   * Runs a script that does not end, with a timeout that is long enough for it to reach its hang.
   *
   * @param mark the file that the script creates there
   */
  private ExecException overtime(String script, String mark) throws IOException {
    for (limit = SHORT; ; limit *= 2) {
      ExecException failure = failure(script, "", limit);
      Path file = folder.resolve(mark);
      if (Files.exists(file) && Files.size(file) > 0) {
        return failure;
      }
    }
  }

  private ExecResult run(String script, byte[] input, long timeout) {
    return new Commands(failures, error -> Optional.empty())
        .execute(
            command(
                "sh",
                List.of("-c", script),
                new ByteArrayInputStream(input == null ? new byte[0] : input),
                timeout));
  }

  private ExecException failure(String script, String input, long timeout) {
    return catchThrowableOfType(
        ExecException.class, () -> run(script, input.getBytes(StandardCharsets.UTF_8), timeout));
  }

  private ExecCommand command(
      String executable, List<String> args, InputStream input, long timeout) {
    return new ExecCommand(
        executable,
        args,
        folder.toString(),
        timeout,
        Set.of(0),
        input,
        null,
        false,
        LoggingLevel.OFF);
  }
}
