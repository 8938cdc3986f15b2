package io.netpol.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToolRunTest {

  @Test
  void bytesOfOthersPassAsTheyAre() throws IOException {
    String bytes = "comment \u00ff\u0080 é\n".repeat(100_000);
    assertThat(shell("cat; echo said >&2; exit 3", bytes))
        .isEqualTo(new ToolRun(3, bytes, "said\n"));
  }

  @Test
  void outputThatAGrandchildHoldsOpenHoldsNobodyUp() throws IOException {
    ToolRun run = shell("echo $$; setsid sleep 300 & echo $!; exit 0", "");
    List<String> lines = run.stdout().lines().toList();
    assertThat(run.ok()).isTrue();
    assertThat(lines).hasSize(2);
    ProcessHandle.of(Long.parseLong(lines.get(1))).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void toolThatTakesTooLongIsEndedWithAllThatItStarted() throws Exception {
    ToolRun run =
        ToolRun.run(List.of("sh", "-c", "sleep 300 & echo $!; wait"), "", Duration.ofSeconds(1));
    assertThat(run.complaint()).isEqualTo("did not finish within 1 s and was ended");
    long child = Long.parseLong(run.stdout().strip());
    Eventually.holds(
        "the child is gone",
        () -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
  }

  @Test
  void missingToolIsNotThere() throws IOException {
    assertThat(ToolRun.run(List.of("/no/such/tool"), "", Eventually.BOUND).isThere()).isFalse();
  }

  private static ToolRun shell(String script, String stdin) throws IOException {
    return ToolRun.run(List.of("sh", "-c", script), stdin, Eventually.BOUND);
  }
}
