package io.netpol.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.iptables.IptablesTools;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The connections by which controllers are judged, held to the rules that the agent writes. */
class ProbeTargetsTest {

  private static final GeneratedLoad LOAD = GeneratedLoad.of(new Load(1, 20, 400, 40, 200, 80));

  private final ProbeTargets targets = ProbeTargets.of(LOAD);
  private final Expected expected = new Expected(LOAD);

  @Test
  void theyAreDeniedAndAllowedByTheRulesOfTheAgent() throws Exception {
    assertThat(targets.ingress()).hasSizeGreaterThan(10);
    assertThat(targets.allowed()).hasSizeGreaterThan(5);
    for (var pod : targets.ingress()) {
      assertThat(accepted(NodeNetwork.STRANGER, ProbeTargets.address(pod), NodeNetwork.DENIED_PORT))
          .as("a stranger to %s", pod.getMetadata().getName())
          .isFalse();
    }
    for (var pod : targets.egress()) {
      assertThat(accepted(ProbeTargets.address(pod), NodeNetwork.STRANGER, NodeNetwork.DENIED_PORT))
          .as("%s to a stranger", pod.getMetadata().getName())
          .isFalse();
    }
    for (ProbeTargets.Allowed each : targets.allowed()) {
      assertThat(
              accepted(
                  ProbeTargets.address(each.from()), ProbeTargets.address(each.to()), each.port()))
          .as("%s", each)
          .isTrue();
    }
  }

  @Test
  void aJoinerIsInAsManySetsAsAsked() {
    ProbeTargets.Allowed like = targets.joined(expected, 3);

    assertThat(expected.sets(ProbeTargets.joiner(like, 7))).isEqualTo(3);
    assertThat(ProbeTargets.joiner(like, 7).getStatus().getPodIP()).isEqualTo("10.200.0.7");
  }

  private boolean accepted(String from, String to, int port) throws Exception {
    Set<String> members = new HashSet<>();
    String rules =
        expected.first().stream()
            .filter(payload -> payload.tool() != IptablesTools.IPSET)
            .filter(payload -> payload.tool().id().equals("iptables"))
            .flatMap(payload -> payload.lines().stream())
            .collect(Collectors.joining("\n"));
    expected.first().stream()
        .filter(payload -> payload.tool() == IptablesTools.IPSET)
        .flatMap(payload -> payload.lines().stream())
        .filter(line -> line.startsWith("add "))
        .forEach(line -> members.add(line.split(" ")[1] + " " + line.split(" ")[2]));
    RuleWalk walk =
        new RuleWalk(rules, (set, member) -> members.contains(set + " " + member), from, to, port);
    return walk.from("NWPLCY-FORWARD").accepted();
  }
}
