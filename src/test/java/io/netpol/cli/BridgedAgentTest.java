package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.iptables.Backend;
import io.netpol.kubernetes.ApiServer;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LinkTraffic;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import io.netpol.testing.Eventually;
import io.netpol.testing.NeedsKernel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An agent on a node with a bridge: it learns which port is whose, and what that changes. */
@NeedsKernel
class BridgedAgentTest {

  private static final int PORT = 5000;

  @TempDir private Path folder;
  private LabNetwork lab;
  private ApiFixture api;
  private NodeTools tools;
  private Agent agent;

  @AfterEach
  void stop() {
    if (agent != null) {
      agent.stop();
    }
    api.close();
    lab.close();
  }

  @ParameterizedTest
  @EnumSource(Backend.class)
  void portsAreLearnedAndKeptAndClosedUntilTheyAre(Backend backend) throws Exception {
    List<String> pods = new ArrayList<>(List.of("x/closed", "x/half", "x/friend", "x/open"));
    LabPlan plan = LabPlan.of(LabPlan.Wiring.BRIDGED).node("n1");
    for (String pod : pods) {
      plan = plan.pod(pod, "n1");
    }
    lab = LabNetwork.start(plan);
    tools = new NodeTools(folder.resolve("tools"), lab, "n1", backend);
    api = new ApiFixture();
    api.createNamespace("x", Map.of());
    api.createNode("n1", lab.addresses("n1"));
    for (String pod : pods) {
      api.createPod(pod, "n1", Map.of("pod", pod.substring(2)), lab.addresses(pod));
    }
    startAgent();
    assertThat(tools.writes()).as("without policies").isEmpty();

    api.policy(
        "x", "closed", "podSelector: {matchLabels: {pod: closed}}\npolicyTypes: [Ingress, Egress]");
    api.policy(
        "x",
        "half",
        """
        podSelector: {matchLabels: {pod: half}}
        ingress:
        - from: [{podSelector: {matchLabels: {pod: friend}}}]
        """);
    hears(pods, expected(pods));

    addPod("x/new");
    pods.add("x/new");
    hears(pods, expected(pods));

    agent.stop();
    tools.clear();
    startAgent();
    hears(pods, expected(pods));
    assertThat(tools.writes()).as("what an agent that starts again writes").isEmpty();

    // An answer that is cut off tells of no port, and takes none away.
    tools.replace("ip", "echo \"[{\"");
    addPod("x/late");
    List<String> all = new ArrayList<>(pods);
    all.add("x/late");
    tools.clear();
    until("a look", () -> tools.started().stream().filter(l -> l.startsWith("ip ")).count() > 1);
    hears(all, expected(pods));
    tools.replace("ip", null);
    hears(all, expected(all));
  }

  private void addPod(String name) throws Exception {
    List<String> addresses = lab.plan().podAddresses("n1", 20 + lab.plan().pods().size());
    lab.addPod(new LabPlan.Pod(name, "n1", addresses));
    api.createPod(name, "n1", Map.of("pod", name.substring(2)), addresses);
  }

  private void startAgent() throws Exception {
    Map<Setting, String> settings =
        AgentSettings.of(api.name("n1"), folder.resolve("letters"), tools.settings());
    agent = new Agent(Settings.of(settings), ApiServer.watched(api.config()));
    agent.start();
    until("the first apply", () -> lastApply().isPresent());
  }

  private Optional<Instant> lastApply() {
    return agent
        .context()
        .getRegistry()
        .lookupByNameAndType("apply", ApplyService.class)
        .lastSuccess();
  }

  /** Waits until the pods hear just this of each other. */
  private void hears(List<String> pods, TreeSet<String> expected) throws Exception {
    try (LinkTraffic traffic = new LinkTraffic(lab, pods, PORT)) {
      List<TreeSet<String>> last = new ArrayList<>();
      try {
        until(
            "what is expected",
            () -> {
              last.add(0, traffic.exchange(PORT));
              return last.get(0).equals(expected);
            });
      } catch (AssertionError e) {
        assertThat(last.get(0)).isEqualTo(expected);
      }
    }
  }

  private static TreeSet<String> expected(List<String> pods) {
    TreeSet<String> expected = new TreeSet<>();
    for (String from : pods) {
      for (String to : pods) {
        for (LinkTraffic.To kind : LinkTraffic.To.values()) {
          boolean ipv6 = kind == LinkTraffic.To.GROUP6 || kind == LinkTraffic.To.LINK_LOCAL;
          boolean admitted = !to.equals("x/half") || from.equals("x/friend") && !ipv6;
          if (!from.equals(to) && !from.equals("x/closed") && !to.equals("x/closed") && admitted) {
            expected.add(from + ">" + to + " " + kind);
          }
        }
      }
    }
    return expected;
  }

  private static void until(String what, Callable<Boolean> condition) throws Exception {
    Eventually.holds(what, condition);
  }
}
