package io.netpol.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Flow;
import io.netpol.evaluate.PortDecisions;
import io.netpol.index.Cluster;
import io.netpol.lab.LabPlan;
import io.netpol.lab.LabPlan.Wiring;
import io.netpol.model.Direction;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("stress")
class PortDecisionsTest {

  private static final LabPlan PLAN = new Topology().plan(Wiring.ROUTED);

  @Test
  void areThoseOfTheEvaluatorForEveryPort() {
    Agreement agreement = new Agreement(PLAN, RenderOptions.DEFAULT, UnaryOperator.identity());
    for (long seed = 1; seed <= 200; seed++) {
      PolicyCase policyCase = RandomCase.of(seed, PLAN, true);
      Cluster cluster = new CaseObjects(PLAN, policyCase).known();
      Evaluator evaluator = new Evaluator(cluster);
      for (Flow flow : agreement.flows(new Random(seed), 40)) {
        Endpoint from = evaluator.endpoint(flow.from());
        Endpoint to = evaluator.endpoint(flow.to());
        for (Direction direction : Direction.values()) {
          Endpoint subject = direction == Direction.EGRESS ? from : to;
          Endpoint other = direction == Direction.EGRESS ? to : from;
          PortDecisions decisions = evaluator.decisions(direction, subject, other);
          for (Flow port : agreement.flows(new Random(seed + 1), 10)) {
            assertThat(decisions.of(port.protocol(), port.port()))
                .as("%s: %s %s on the port of %s", policyCase, direction, flow, port)
                .isEqualTo(
                    evaluator.decision(direction, subject, other, port.protocol(), port.port()));
          }
        }
      }
    }
  }
}
