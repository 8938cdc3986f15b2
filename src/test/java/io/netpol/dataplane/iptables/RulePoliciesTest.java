package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.reconcile.RulePolicies;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which policies stand behind a line that a tool complains of. */
class RulePoliciesTest {

  private static final List<String> RULES =
      List.of(
          "-A NWPLCY-IN-A -m set --match-set NWPLCY-4-S src -m comment --comment"
              + " \"shop/one ingress 1: pods app=web\" -j RETURN",
          "-A NWPLCY-OUT-A -m set --match-set NWPLCY-4-S dst -m comment --comment"
              + " \"shop/two egress 12: pods app=web\" -j RETURN",
          "-A NWPLCY-IN-B -m comment --comment \"shop/db ingress denied: shop/x, shop/y\" -j DROP",
          "-A NWPLCY-IN-C -m comment --comment \"shop/db ingress denied: default isolation\" -j DROP",
          "-A NWPLCY-IN-D -s 10.0.0.1/32 -m comment --comment \"shop/db itself\" -j RETURN");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "own rule | -A X -m comment --comment \"shop/one ingress 1: everyone\" -j ACCEPT | shop/one",
        "rule of a cut comment | -A X -m comment --comment \"shop/one ingress 1\" -j ACCEPT | shop/one",
        "last rule of a pod | -A X -m comment --comment \"shop/db egress audited: shop/x, shop/y\" -j RETURN"
            + " | shop/x shop/y",
        "member of a set | add NWPLCY-4-S 10.0.0.1 | shop/one shop/two",
        "set | create NWPLCY-4-S hash:ip family inet | shop/one shop/two",
        "chain | :NWPLCY-IN-B - [0:0] | shop/x shop/y",
        "jump | -A NWPLCY-TO -d 10.0.0.1/32 -g NWPLCY-IN-A | shop/one",
        "default isolation | :NWPLCY-IN-C - [0:0] | ''",
        "the pod itself | -A NWPLCY-IN-D -s 10.0.0.1/32 -m comment --comment \"shop/db itself\" -j RETURN | ''",
        "nobody's | COMMIT | ''",
      })
  void policiesOfALine(String what, String line, String policies) {
    assertThat(RulePolicies.of(line, RULES.stream(), SavedRule::words, SavedRule::labelOf))
        .as(what)
        .isEqualTo(policies.isEmpty() ? Set.of() : Set.of(policies.split(" ")));
  }
}
