package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.analysis.matrix.Difference;
import io.netpol.analysis.matrix.Group;
import io.netpol.analysis.matrix.MatrixQuery;
import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.index.Cluster;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a change is said to open and close is what the evaluator allows of one state only. */
@Tag("stress")
class DifferenceTruthTest {

  private static final LabPlan PLAN = new Topology().plan(Wiring.ROUTED);
  private static final int CASES = 120;
  private static final MatrixQuery ASKED =
      new MatrixQuery(Set.of(), Optional.of(Protocol.TCP), Optional.of("80"));

  @Test
  void opensAndClosesWhatTheEvaluatorSays() {
    int opened = 0;
    int closed = 0;
    for (long seed = 1; seed <= CASES; seed++) {
      Cluster before = new CaseObjects(PLAN, RandomCase.of(seed, PLAN, false)).known();
      Cluster after = new CaseObjects(PLAN, RandomCase.of(seed + 10_000, PLAN, false)).known();
      Difference difference = Difference.of(before, after, ASKED);
      Set<String> opens = onlyIn(after, before);
      Set<String> closes = onlyIn(before, after);
      assertThat(pairs(difference.opened())).as("seed %d opens", seed).isEqualTo(opens);
      assertThat(pairs(difference.closed())).as("seed %d closes", seed).isEqualTo(closes);
      opened += opens.size();
      closed += closes.size();
    }
    assertThat(opened).isGreaterThan(CASES);
    assertThat(closed).isGreaterThan(CASES);
  }

  /** Pairs of pods, with all members of groups. */
  private static Set<String> pairs(List<Difference.Flows> flows) {
    Set<String> pairs = new TreeSet<>();
    for (Difference.Flows each : flows) {
      for (Group from : each.from()) {
        for (Group to : each.to()) {
          if (from.kind().equals("pods") && to.kind().equals("pods")) {
            from.members()
                .forEach(
                    one ->
                        to.members().stream()
                            .filter(two -> !one.equals(two))
                            .forEach(two -> pairs.add(one + " " + two)));
          }
        }
      }
    }
    return pairs;
  }

  private static Set<String> onlyIn(Cluster one, Cluster other) {
    Set<String> pairs = new TreeSet<>();
    for (Pod from : one.pods()) {
      for (Pod to : one.pods()) {
        for (Family family : Family.values()) {
          if (!from.equals(to)
              && allows(one, from, to, family)
              && !allows(
                  other,
                  other.pod(from.key()).orElseThrow(),
                  other.pod(to.key()).orElseThrow(),
                  family)) {
            pairs.add(from.key() + " " + to.key());
          }
        }
      }
    }
    return pairs;
  }

  private static boolean allows(Cluster cluster, Pod from, Pod to, Family family) {
    return new Evaluator(cluster)
        .verdict(Endpoint.of(from, family), Endpoint.of(to, family), Protocol.TCP, 80)
        .allowed();
  }
}
