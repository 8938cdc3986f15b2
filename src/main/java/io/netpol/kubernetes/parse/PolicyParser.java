package io.netpol.kubernetes.parse;

import static io.netpol.kubernetes.parse.ObjectConverter.orEmpty;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Rule;
import io.netpol.net.Quote;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Parses one NetworkPolicy ({@code networking.k8s.io/v1}). */
record PolicyParser(ProblemReporter report) {

  /**
   * Parses a policy.
   *
   * @param given null is parsed as the empty spec: every pod of the namespace, ingress, no rule
   * @param audited whether it is in audit mode
   */
  NetworkPolicy read(NetworkPolicySpec given, boolean audited) {
    NetworkPolicySpec spec = given == null ? new NetworkPolicySpec() : given;
    LabelSelector selector =
        new SelectorParser(report)
            .read("spec.podSelector", spec.getPodSelector(), "the policy selects no pod");
    List<NetworkPolicyIngressRule> ingress = orEmpty(spec.getIngress());
    List<NetworkPolicyEgressRule> egress = orEmpty(spec.getEgress());
    Set<Direction> directions = directions(orEmpty(spec.getPolicyTypes()), !egress.isEmpty());
    Map<Direction, List<Rule>> rules = new EnumMap<>(Direction.class);
    if (directions.contains(Direction.INGRESS)) {
      rules.put(Direction.INGRESS, ingress(ingress));
    } else if (!ingress.isEmpty()) {
      report.warning("spec.ingress", "no effect, policyTypes does not name Ingress");
    }
    if (directions.contains(Direction.EGRESS)) {
      rules.put(Direction.EGRESS, egress(egress));
    } else if (!egress.isEmpty()) {
      report.warning("spec.egress", "no effect, policyTypes does not name Egress");
    }
    return new NetworkPolicy(report.object(), selector, rules, audited);
  }

  private Set<Direction> directions(List<String> types, boolean hasEgress) {
    Set<Direction> directions = EnumSet.noneOf(Direction.class);
    for (int i = 0; i < types.size(); i++) {
      switch (types.get(i) == null ? "" : types.get(i)) {
        case "Ingress" -> directions.add(Direction.INGRESS);
        case "Egress" -> directions.add(Direction.EGRESS);
        default ->
            report.error(
                "spec.policyTypes[" + i + "]",
                "neither Ingress nor Egress: " + Quote.quote(types.get(i)),
                "ignored");
      }
    }
    if (directions.isEmpty()) {
      // Also if all types are unknown: a policy that isolates nothing would fail open.
      directions.add(Direction.INGRESS);
      if (hasEgress) {
        directions.add(Direction.EGRESS);
      }
    }
    return directions;
  }

  private List<Rule> ingress(List<NetworkPolicyIngressRule> given) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String field = "spec.ingress[" + i + "]";
      NetworkPolicyIngressRule rule = given.get(i);
      rules.add(
          rule == null
              ? unreadable(field)
              : new Rule(
                  new PeerParser(report).read(field + ".from", rule.getFrom()),
                  new PortParser(report).read(field + ".ports", rule.getPorts())));
    }
    return rules;
  }

  private List<Rule> egress(List<NetworkPolicyEgressRule> given) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String field = "spec.egress[" + i + "]";
      NetworkPolicyEgressRule rule = given.get(i);
      rules.add(
          rule == null
              ? unreadable(field)
              : new Rule(
                  new PeerParser(report).read(field + ".to", rule.getTo()),
                  new PortParser(report).read(field + ".ports", rule.getPorts())));
    }
    return rules;
  }

  /**
   * Returns a rule that allows nothing in place of an invalid one, so that rule numbers stay those
   * of the spec.
   */
  private Rule unreadable(String field) {
    report.error(field, "null", "matches nothing");
    return new Rule(List.of(), List.of());
  }
}
