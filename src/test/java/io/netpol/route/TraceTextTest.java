package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.iptables.IptablesTools;
import io.netpol.index.AffectedObjects;
import io.netpol.index.EndOfSnapshot;
import io.netpol.index.ObjectEvent;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What messages carry reads as text: in a trace, and in the log. */
class TraceTextTest {

  private static final ObjectKey WEB = new ObjectKey("shop", "web");

  @Test
  void eventsNameKindAndKey() {
    assertThat(new EndOfSnapshot(Kind.POD)).hasToString("end of the list of Pod");
    assertThat(event(List.of())).hasToString("DELETE Pod shop/web");
    Problem problem = new Problem(Kind.POD, WEB, "status.podIP", "odd", "", Problem.Severity.ERROR);
    assertThat(event(List.of(problem))).hasToString("DELETE Pod shop/web, 1 problem");
    assertThat(event(List.of(problem, problem))).hasToString("DELETE Pod shop/web, 2 problems");
  }

  private static ObjectEvent event(List<Problem> problems) {
    return new ObjectEvent(Kind.POD, WEB, ObjectEvent.Action.DELETE, null, null, null, problems);
  }

  @Test
  void affectedObjectsAreCounted() {
    assertThat(AffectedObjects.EVERYTHING).hasToString("the whole node");
    assertThat(new AffectedObjects(Set.of(WEB), Set.of(), false)).hasToString("pods: 1, sets: 0");
  }

  @Test
  void requestNamesItsPodAndWhatGathersRequestsReadsTheSame() {
    ReconcileRequest request =
        ReconcileRequest.of(new AffectedObjects(Set.of(WEB), Set.of(), false), "Pod shop/web");
    assertThat(request).hasToString("Pod shop/web; because of Pod shop/web");
    assertThat(new ReconcileRequest.Union().add(request)).hasToString(request.toString());
    assertThat(ApplyState.of(request)).hasToString(request + "; not rendered");
    assertThat(ApplyState.quarantining(request))
        .hasToString(request + "; to be quarantined; not rendered");
  }

  @Test
  void transactionIsCountedAndNotPrinted() {
    KernelTool tool = IptablesTools.IPSET;
    assertThat(new Transaction(tool, Transaction.Stage.SETS, "create x\nadd x\n", false))
        .hasToString("ipset: sets, 2 lines, 15 bytes");
    assertThat(new Transaction(tool, Transaction.Stage.GARBAGE, "destroy x\n", false))
        .hasToString("ipset: garbage, 1 line, 10 bytes");
  }
}
