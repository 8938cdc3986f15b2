package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.dataplane.iptables.Backend;
import io.netpol.lab.Flow;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import io.netpol.lab.Prober;
import io.netpol.route.settings.Setting;
import io.netpol.testing.NeedsKernel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.NullSource;

/** Whatever a kernel refuses, the reason reaches everybody who asks, in the tool's own words. */
@NeedsKernel
class RefusalKernelTest {

  /** Stands before the real tool, and has one policy's rule ask for what a filter has not. */
  private static final String SPOIL =
      """
      #!/bin/bash
      sed '/shop.for-bad ingress 1/s/-[jg] [A-Z]*$/-j MASQUERADE/' | %s "$@"
      """;

  /** The same before nft, with a chain that is nowhere. */
  private static final String SPOIL_NFT =
      """
      #!/bin/bash
      [[ "$*" == "-f -" ]] || exec %1$s "$@"
      sed '/-4 .*shop.for-bad ingress 1/s/ return / jump NWPLCY-NOWHERE /' | %1$s "$@"
      """;

  private static final int PORT = 80;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource(Backend.class)
  @NullSource
  void reasonLineAndPolicyReachLetterLogEventConsoleAndReplay(Backend backend) throws Exception {
    LabPlan plan = LabPlan.of(LabPlan.Wiring.ROUTED).node("n1");
    try (LabNetwork lab = LabNetwork.start(plan);
        AgentLog log = AgentLog.capture()) {
      try (TestAgent agent = new TestAgent(folder, spoilt(lab, backend))) {
        agent.pod("bad", "10.0.0.1");
        agent.pod("good", "10.0.0.2");
        agent.policy("for-bad", "bad", "");
        agent.policy("also-for-bad", "bad", "");
        agent.policy("for-good", "good", "");
        agent.start();
        eventually("a letter", () -> agent.files().size() == 1);
        JsonNode letter = new ObjectMapper().readTree(agent.files().get(0).toFile());

        // The kernel's x_tables takes or refuses a table as a whole, and names no rule.
        boolean nft = backend != Backend.LEGACY;
        String said = "iptables-restore: line";
        if (nft) {
          said =
              backend == null
                  ? "Could not process rule: No such file or directory"
                  : "RULE_APPEND failed (Invalid argument): rule in chain";
        }
        String policies =
            nft
                ? "; of policy shop/for-bad"
                : "; the failing policy is not known, it is one of shop/also-for-bad, shop/for-bad";
        assertThat(letter.get("error").asText()).contains(said);
        assertThat(letter.get("stderr").asText()).contains(said);
        if (nft) {
          assertThat(letter.get("line").asText()).contains("shop/for-bad ingress 1");
          assertThat(letter.get("policies").toString()).isEqualTo("[\"shop/for-bad\"]");
          assertThat(letter.has("policyUnknown")).isFalse();
        } else {
          assertThat(letter.get("policies")).isEmpty();
          assertThat(letter.get("policyUnknown").asText())
              .isEqualTo("the tool reported no line of a rule");
          assertThat(letter.get("candidates")).hasSize(2);
        }
        String id = agent.files().get(0).getFileName().toString().replace(".json", "");
        for (String kind : new String[] {"Pod bad", "NetworkPolicy for-bad"}) {
          String[] object = kind.split(" ");
          eventually("event", () -> !agent.events(object[0], object[1]).isEmpty());
          assertThat(agent.events(object[0], object[1]).get(0).getMessage())
              .contains(said)
              .contains(policies);
        }
        // At the end of the round, after what good needs.
        eventually("the log", () -> String.join("\n", log.lines()).contains("dead letter " + id));
        assertThat(String.join("\n", log.lines())).contains(said).contains(policies);
        assertThat(agent.get("/netpol/console?output=json").body())
            .contains(said)
            .contains(policies);
        assertThat(agent.netpol("dead-letters", "replay", id, "--folder", "" + agent.letters()))
            .startsWith("1\n" + id + ": refused again: ")
            .contains(said)
            .contains(policies);
        assertThat(agent.netpol("dead-letters", "list", "--folder", "" + agent.letters()))
            .contains(nft ? "  line " : "  iptables-restore: line");
        if (backend == null) {
          assertThat(lab.run("n1", "nft list table inet netpol"))
              .contains("shop/for-good ingress 1")
              .doesNotContain("shop/for-bad ingress 1");
        }
      }
    }
  }

  /** Its policies can be applied before that, and then there is no rule that it could keep. */
  @ParameterizedTest
  @EnumSource(Backend.class)
  void podOnABridgeWhoseFirstRulesAreRefusedIsClosed(Backend backend) throws Exception {
    LabPlan plan =
        LabPlan.of(LabPlan.Wiring.BRIDGED).node("n1").pod("shop/bad", "n1").outside("world");
    try (LabNetwork lab = LabNetwork.start(plan);
        Prober prober = Prober.start(lab, Set.of(PORT));
        AgentLog log = AgentLog.capture();
        TestAgent agent = new TestAgent(folder, spoilt(lab, backend))) {
      agent.policy("for-bad", "bad", "");
      agent.podWithoutAddress("bad");
      agent.start();
      eventually(
          "the policy is applied",
          () -> log.lines().stream().anyMatch(line -> line.contains("1 pod (shop/bad)")));
      List<Flow> flows =
          lab.addresses("shop/bad").stream()
              .map(address -> Flow.tcp("world", address, PORT))
              .toList();
      assertThat(prober.measure(flows).values()).containsOnly(Flow.Outcome.ALLOWED);

      agent.address("bad", lab.addresses("shop/bad"));
      eventually("a letter", () -> agent.files().size() == 1);
      JsonNode letter = new ObjectMapper().readTree(agent.files().get(0).toFile());
      assertThat(letter.get("state").asText()).isEqualTo("CLOSED");
      // The kernel takes those of IPv6, which allow this port.
      eventually(
          "IPv4 is closed",
          () ->
              List.copyOf(prober.measure(flows).values())
                  .equals(List.of(Flow.Outcome.DENIED, Flow.Outcome.ALLOWED)));
    }
  }

  private Map<Setting, String> spoilt(LabNetwork lab, Backend backend) throws Exception {
    NodeTools tools = new NodeTools(folder.resolve("tools"), lab, "n1", backend);
    String tool = backend == null ? "nft" : "iptables-restore";
    Path writes = folder.resolve("tools/" + tool);
    Path real = folder.resolve("tools/" + tool + ".real");
    Files.move(writes, real);
    TestAgent.script(writes, (backend == null ? SPOIL_NFT : SPOIL).formatted(real));
    return tools.settings();
  }
}
