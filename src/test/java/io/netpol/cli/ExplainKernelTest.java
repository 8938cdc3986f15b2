package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An agent reads the kernel for the one who asks whether it holds a pod's rules. */
@NeedsKernel
class ExplainKernelTest {

  private static final String HOLDS = "shop/db: the kernel of this node holds exactly its rules";
  private static final String LACKS = "shop/db: the kernel of this node does NOT hold exactly";
  private static final String NEVER = "3600000";

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Backend.class)
  void saysWhatTheKernelHasNow(Backend backend) throws Exception {
    LabPlan plan = LabPlan.of(LabPlan.Wiring.ROUTED).node("n1");
    try (LabNetwork lab = LabNetwork.start(plan)) {
      NodeTools tools = new NodeTools(folder.resolve("tools"), lab, "n1", backend);
      try (TestAgent agent = new TestAgent(folder, tools.settings())) {
        agent.pod("db", "10.0.0.1");
        agent.pod("web", "10.0.0.2");
        agent.policy("for-db", "db", "from: [{podSelector: {matchLabels: {app: web}}}],");
        // Nothing but a question reads the kernel, and nothing repairs it.
        agent.set(Setting.RESYNC_INTERVAL, NEVER).set(Setting.CHECK_DELAY, NEVER).start();
        eventually("applied", () -> explain(agent).contains(HOLDS));
        String good = saved(lab, backend);
        int writes = tools.writes().size();

        run(lab, backend, "-F NWPLCY-FORWARD");
        assertThat(explain(agent)).as("right after a flush").contains(LACKS);
        restore(lab, backend, good);
        assertThat(explain(agent)).as("as it was").contains(HOLDS);
        run(lab, backend, "-D FORWARD 1");
        assertThat(explain(agent)).as("without the jump").contains(LACKS);
        restore(lab, backend, good);
        String set =
            exec(lab, "ipset save").replaceFirst("(?s).*add (\\S+) 10\\.0\\.0\\.2\\n.*", "$1");
        exec(lab, "ipset del " + set + " 10.0.0.2");
        assertThat(explain(agent)).as("a member less").contains(LACKS);
        exec(lab, "ipset add " + set + " 10.0.0.2");
        assertThat(explain(agent)).contains(HOLDS);
        assertThat(tools.writes()).as("a question repairs nothing").hasSize(writes);
        assertThat(agent.isReady()).isTrue();

        Path save = folder.resolve("tools/iptables-save");
        String works = Files.readString(save);
        TestAgent.script(save, "#!/bin/sh\necho 'out of order' >&2\necho 'and more' >&2\nexit 3\n");
        assertThat(explain(agent).replaceAll("\\s+", " "))
            .contains("DENIED")
            .contains("kernel shop/db: the kernel of this node cannot be read")
            .contains("ended with status 3: out of order; and more");
        TestAgent.script(save, works);
        assertThat(explain(agent)).contains(HOLDS);
      }
    }
  }

  private static String explain(TestAgent agent) {
    return agent.netpol(
        "explain",
        "--agent",
        agent.uri("").getAuthority(),
        "--from",
        "192.0.2.1",
        "--to",
        "shop/db",
        "--port",
        "80");
  }

  private static String saved(LabNetwork lab, Backend backend) throws IOException {
    return exec(lab, "iptables-" + word(backend) + "-save -t filter");
  }

  private static void restore(LabNetwork lab, Backend backend, String saved) throws IOException {
    lab.run("n1", saved, "iptables-" + word(backend) + "-restore");
  }

  private static void run(LabNetwork lab, Backend backend, String rest) throws IOException {
    exec(lab, "iptables-" + word(backend) + " " + rest);
  }

  private static String word(Backend backend) {
    return backend == Backend.NFT ? "nft" : "legacy";
  }

  private static String exec(LabNetwork lab, String command) throws IOException {
    return lab.run("n1", command);
  }
}
