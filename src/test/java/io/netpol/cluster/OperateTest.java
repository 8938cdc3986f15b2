package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What docs/operate.md tells to do with an agent works, and its commands leave the agent alone. */
@Tag("cluster")
@Timeout(value = 1, unit = TimeUnit.HOURS)
class OperateTest {

  private static final Path PAGE = Path.of("docs/operate.md");
  private static final Pattern CURL = Pattern.compile("(?m)^\\$ (curl -s '127\\..*')$");
  private static final String NODE = "n1";

  @TempDir private static Path folder;
  private static Checkout checkout;
  @AutoClose private static Probes probes;

  @BeforeAll
  static void install() throws Exception {
    checkout = Checkout.in(folder);
    checkout.install("deploy/");
    probes = new Probes();
    probes.settled();
  }

  @Test
  void linesOfThePageWork() throws Exception {
    AgentPod pod = AgentPod.on(NODE);
    List<String> lines =
        PageCommands.of(PAGE).byHeading().values().stream().flatMap(List::stream).toList();
    assertThat(lines).hasSize(3);
    String forward = lines.get(1).replace("POD", pod.name());
    assertThat(checkout.run(lines.get(0))).contains(pod.name());
    assertThat(forward).contains("port-forward");
    assertThat(checkout.run(lines.get(2).replace("POD", pod.name()))).isNotNull();

    List<String> curls =
        CURL.matcher(Files.readString(PAGE)).results().map(found -> found.group(1)).toList();
    assertThat(curls).hasSize(2);
    for (String curl : curls) {
      Ended there = RealCluster.onNode(NODE, "bash", "-c", curl);
      assertThat(there.stdout()).as("%s: %s", curl, there).startsWith("node " + NODE + "\n");
    }
    // It ends with the shell.
    String answer =
        checkout.run(
            """
            %s >/dev/null & trap "kill $!" EXIT
            curl -s --retry 30 --retry-connrefused '127.0.0.1:9876/netpol/console?pod=web'
            curl -s '127.0.0.1:9876/observe/health/live?data=true'
            """
                .formatted(forward));
    assertThat(answer)
        .startsWith("node " + NODE + "\n")
        .contains("pod probes/web ")
        .contains("by probes/web-ingress (ingress, selective)")
        .contains("\"UP\"");
  }

  @Test
  void explainGivesTheVerdictsThatProbesHave() throws Exception {
    Probes.Since since = probes.settled();
    explain("web", Probes.ALLOWED, 0, "ALLOWED  TCP 7070 over IPv4 and IPv6");
    explain("web", Probes.STRANGER, 1, "isolated by probes/web-ingress");
    explain("web", Probes.LOCKED, 1, "isolated by probes/locked-egress");
    since.policiesHold();
  }

  private static void explain(String to, String from, int status, String text) {
    Ended ended =
        AgentPod.on(NODE)
            .exec(
                ("netpol explain --agent --from probes/%s --to probes/%s --port 7070")
                    .formatted(from, to)
                    .split(" "));
    assertThat(ended.stdout())
        .as("%s: %s", from, ended)
        .contains(text)
        .contains("kernel  probes/web: the kernel of this node holds exactly its rules");
    assertThat(ended.status()).as("%s", ended).isEqualTo(status);
  }

  @Test
  void commandsStayInsideTheMemoryLimit() {
    AgentPod pod = AgentPod.on(NODE);
    String before = pod.life();
    assertThat(before).contains(" 0 ");
    String limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max";
    assertThat(pod.exec("sh", "-c", limit + " 2>/dev/null").stdout().strip())
        .as("the limit that deploy/ sets")
        .isEqualTo(String.valueOf(576 << 20));
    for (String command :
        List.of(
            "explain --from probes/allowed --to probes/web --port 7070",
            "matrix --agent --port 80",
            "matrix --port 80",
            "lint --fail-on never")) {
      Ended ended = pod.exec(("netpol " + command).split(" "));
      assertThat(ended.ok()).as("%s: %s", command, ended).isTrue();
    }
    assertThat(pod.life()).isEqualTo(before);
    assertThat(kubectl("get", "events", "-A")).doesNotContain("OOM");
  }
}
