package io.netpol.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** New connections a second through a node, by the number of policies in the cluster. */
final class ConnectionRows {

  static final String RATE = "connections a second";
  static final String RULES = "rules looked at";

  private static final int STANDARD_POLICIES = 1_000;

  private final Plan plan;

  ConnectionRows(Plan plan) {
    this.plan = plan;
  }

  void run(Results results) throws Exception {
    List<Integer> numbers =
        plan.brief() ? List.of(STANDARD_POLICIES) : List.of(10, 100, STANDARD_POLICIES, 5_000);
    List<Graph.Point> curve = new ArrayList<>();
    List<Graph.Point> rules = new ArrayList<>();
    long slice = TimeUnit.MILLISECONDS.toNanos(plan.runs(1_000, 500));
    try (ConnectionNode one = new ConnectionNode(null, plan.shell())) {
      RuleWalk.Outcome single = first(one, 1);
      rules.add(
          new Graph.Point(
              1, single.rulesLookedAt(), single.rulesLookedAt(), single.rulesLookedAt()));
      Samples all = new Samples();
      for (int policies : numbers) {
        try (ConnectionNode many =
            new ConnectionNode(plan.standard().withPolicies(policies), plan.shell())) {
          RuleWalk.Outcome walked = first(many, policies);
          one.connectionsASecond(slice);
          many.connectionsASecond(slice);
          Samples alone = new Samples();
          Samples loaded = new Samples();
          Samples shares = new Samples();
          for (int i = 0; i < plan.runs(20, 10); i++) {
            // Who goes first changes, so that neither always finds the other's leavings.
            boolean oneFirst = i % 2 == 0;
            double first = (oneFirst ? one : many).connectionsASecond(slice);
            double second = (oneFirst ? many : one).connectionsASecond(slice);
            double few = oneFirst ? first : second;
            double lots = oneFirst ? second : first;
            alone.add(few);
            all.add(few);
            loaded.add(lots);
            shares.add(100 * lots / few);
          }
          Result row =
              Result.of(
                      "connections-" + policies,
                      "connections, %,d policies".formatted(policies),
                      "/s",
                      loaded)
                  .against(alone)
                  .with("rulesLookedAt", walked.rulesLookedAt())
                  .with("rulesOfTheNode", many.rules())
                  .with("shareOfOnePolicyPercent", shares.median());
          results.add(
              policies == STANDARD_POLICIES
                  ? row.reaching("≥ 95 % of one policy", shares.median() >= 95)
                  : row);
          curve.add(
              new Graph.Point(
                  policies, loaded.median(), loaded.quantile(0.25), loaded.quantile(0.75)));
          rules.add(
              new Graph.Point(
                  policies,
                  walked.rulesLookedAt(),
                  walked.rulesLookedAt(),
                  walked.rulesLookedAt()));
          results.add(
              Result.of(
                  "rules-" + policies,
                  "  examined, of %,d".formatted(many.rules()),
                  "rules",
                  walked.rulesLookedAt()));
        }
      }
      curve.add(0, new Graph.Point(1, all.median(), all.quantile(0.25), all.quantile(0.75)));
    }
    results.curve(RATE, curve);
    results.curve(RULES, rules);
  }

  private static RuleWalk.Outcome first(ConnectionNode node, int policies) throws Exception {
    RuleWalk.Outcome outcome = node.firstPacket();
    if (!outcome.accepted()) {
      throw new IllegalStateException("of " + policies + " policies none lets the client through");
    }
    return outcome;
  }
}
