package io.netpol.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.evaluate.PodPolicy.PolicyRule;
import io.netpol.evaluate.PodPolicy.TierRules;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.model.RuleAction;
import io.netpol.model.Tier;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodPolicyTest {

  private static final ObjectKey WEB = new ObjectKey("shop", "web");
  private static final Endpoint OUTSIDE = new Endpoint(IpAddress.parse("192.0.2.1"), List.of());

  private final Pod web =
      new Pod(
          WEB,
          "n1",
          false,
          false,
          Map.of("app", "web"),
          List.of(IpAddress.parse("10.0.0.1")),
          List.of());

  private static Cluster cluster(DefaultIsolation isolation, boolean auditsAll) {
    return new Cluster("n1", isolation, auditsAll);
  }

  private static NetworkPolicy policy(String name, boolean audited, Rule... rules) {
    return new NetworkPolicy(
        new ObjectKey("shop", name),
        LabelSelector.EVERYTHING,
        Map.of(Direction.INGRESS, List.of(rules)),
        audited);
  }

  private static Rule port(int number) {
    return new Rule(
        List.of(new Peer.Everyone()), List.of(new PortMatch.Range(Protocol.TCP, number, number)));
  }

  @Test
  void podThatNothingSelectsHasNoTier() {
    Cluster cluster = cluster(DefaultIsolation.OFF, false);
    PodPolicy policy = PodPolicy.of(cluster, web, Direction.INGRESS);
    assertThat(policy.isEmpty()).isTrue();
    assertThat(policy.isolates()).isFalse();
    assertThat(policy.denies()).isFalse();
  }

  @Test
  void networkPoliciesAreATierOfAcceptRulesThatEndsInDeny() {
    Cluster cluster = cluster(DefaultIsolation.OFF, false);
    cluster.put(policy("b", false, port(80), port(81)));
    cluster.put(policy("a", false, port(82)));
    PodPolicy policy = PodPolicy.of(cluster, web, Direction.INGRESS);
    assertThat(policy.tiers()).hasSize(1);
    TierRules tier = policy.tiers().get(0);
    assertThat(tier.tier()).isEqualTo(Tier.NETWORK_POLICY);
    assertThat(tier.otherwise()).isEqualTo(RuleAction.DENY);
    assertThat(tier.rules())
        .containsExactly(
            new PolicyRule(new ObjectKey("shop", "a"), 1, RuleAction.ACCEPT, port(82)),
            new PolicyRule(new ObjectKey("shop", "b"), 1, RuleAction.ACCEPT, port(80)),
            new PolicyRule(new ObjectKey("shop", "b"), 2, RuleAction.ACCEPT, port(81)));
    assertThat(policy.denies()).isTrue();
    assertThat(PodPolicy.of(cluster, web, Direction.EGRESS).isEmpty()).isTrue();
  }

  @Test
  void defaultIsolationIsATierWithoutPolicies() {
    PodPolicy policy = PodPolicy.of(cluster(DefaultIsolation.NODE, false), web, Direction.EGRESS);
    assertThat(policy.policies()).isEmpty();
    assertThat(policy.isEmpty()).isFalse();
    assertThat(policy.denies()).isTrue();
  }

  @ParameterizedTest(name = "{0}, all in audit mode {1}, an enforced one {2}: {3} of {4}")
  @CsvSource({
    "OFF,  false, false, true,  audited",
    "OFF,  false, true,  false, enforced",
    "OFF,  true,  true,  true,  audited+enforced",
    "NODE, false, false, false, ''",
    "NODE, true,  false, true,  audited",
  })
  void policiesInAuditModeCountWhereNothingElseIsolates(
      DefaultIsolation isolation,
      boolean auditsAll,
      boolean enforced,
      boolean auditMode,
      String policies) {
    Cluster cluster = cluster(isolation, auditsAll);
    cluster.put(policy("audited", true, port(80)));
    if (enforced) {
      cluster.put(policy("enforced", false, port(81)));
    }
    PodPolicy policy = PodPolicy.of(cluster, web, Direction.INGRESS);
    assertThat(policy.denies()).isEqualTo(!auditMode);
    assertThat(policy.isolates()).isTrue();
    assertThat(String.join("+", policy.policies().stream().map(ObjectKey::name).toList()))
        .isEqualTo(policies);
    assertThat(PodPolicy.ifEnforced(cluster, web, Direction.INGRESS).denies()).isTrue();
  }

  private static TierRules tier(
      Tier tier, RuleAction otherwise, boolean auditMode, PolicyRule... rules) {
    ObjectKey key = new ObjectKey("", tier.name());
    return new TierRules(tier, List.of(key), List.of(rules), otherwise, auditMode);
  }

  private static PolicyRule rule(Tier tier, int number, RuleAction action, int port) {
    return new PolicyRule(new ObjectKey("", tier.name()), number, action, port(port));
  }

  /** The first tier that decides is the last that is asked, by one question and by many. */
  @ParameterizedTest(name = "port {0}: {1} by {2}")
  @CsvSource({
    "80, AllowedBy,   ADMIN",
    "81, Denied,      ADMIN",
    "82, AllowedBy,   NETWORK_POLICY",
    "83, Denied,      NETWORK_POLICY",
    "84, Denied,      ADMIN",
    "90, Denied,      NETWORK_POLICY",
  })
  void theFirstTierThatDecidesIsFinal(int port, String decision, String by) {
    PodPolicy policy =
        new PodPolicy(
            Direction.INGRESS,
            List.of(
                tier(
                    Tier.ADMIN,
                    RuleAction.PASS,
                    false,
                    rule(Tier.ADMIN, 1, RuleAction.ACCEPT, 80),
                    rule(Tier.ADMIN, 2, RuleAction.DENY, 81),
                    rule(Tier.ADMIN, 3, RuleAction.PASS, 82),
                    rule(Tier.ADMIN, 4, RuleAction.DENY, 82),
                    rule(Tier.ADMIN, 5, RuleAction.PASS, 83),
                    rule(Tier.ADMIN, 6, RuleAction.DENY, 84)),
                tier(
                    Tier.NETWORK_POLICY,
                    RuleAction.DENY,
                    false,
                    rule(Tier.NETWORK_POLICY, 1, RuleAction.ACCEPT, 82),
                    rule(Tier.NETWORK_POLICY, 2, RuleAction.ACCEPT, 84)),
                tier(
                    Tier.BASELINE,
                    RuleAction.PASS,
                    false,
                    rule(Tier.BASELINE, 1, RuleAction.ACCEPT, 90))));
    for (Decision each : decisions(policy, port)) {
      assertThat(each.getClass().getSimpleName()).isEqualTo(decision);
      List<ObjectKey> policies =
          each instanceof Decision.AllowedBy allowed
              ? List.of(allowed.policy())
              : ((Decision.Denied) each).policies();
      assertThat(policies).containsExactly(new ObjectKey("", by));
    }
  }

  @Test
  void whatNoTierDecidesIsAccepted() {
    PodPolicy policy =
        new PodPolicy(
            Direction.INGRESS,
            List.of(
                tier(
                    Tier.BASELINE,
                    RuleAction.PASS,
                    true,
                    rule(Tier.BASELINE, 1, RuleAction.DENY, 80))));
    assertThat(decisions(policy, 81)).hasOnlyElementsOfType(Decision.NotIsolated.class);
    assertThat(decisions(policy, 80)).hasOnlyElementsOfType(Decision.Audited.class);
    assertThat(policy.denies()).isFalse();
    assertThat(policy.isolates()).isFalse();
  }

  private List<Decision> decisions(PodPolicy policy, int port) {
    Evaluator evaluator = new Evaluator(cluster(DefaultIsolation.OFF, false));
    Endpoint subject = new Endpoint(web.addresses().get(0), List.of(web));
    PortDecisions many =
        new PortDecisions(evaluator, pod -> policy, Direction.INGRESS, subject, OUTSIDE);
    return Stream.of(
            evaluator.decide(policy, web, OUTSIDE, Protocol.TCP, port), many.of(Protocol.TCP, port))
        .toList();
  }
}
