package io.netpol.route;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Carries one sync through the routes, in the variable {@value #VARIABLE}. A step that makes
 * progress puts a new state there, so a piece that is tried by itself does not change the whole.
 *
 * @param request the keys to reconcile
 * @param quarantines whether the pods of the request get chains that let nothing pass
 * @param plan what differs from the kernel; null until {@link #rendered}
 * @param quarantined the pods to which the plan gives chains that let nothing pass
 * @param start when it was rendered, by {@link System#nanoTime()}; 0 until then
 */
public record ApplyState(
    ReconcileRequest request,
    boolean quarantines,
    ApplyPlan plan,
    Set<PodInFamily> quarantined,
    long start) {

  /** The exchange variable that has the state. */
  public static final String VARIABLE = "netpolApply";

  /** Returns the state of a request that is not rendered yet. */
  public static ApplyState of(ReconcileRequest request) {
    return new ApplyState(request, false, null, Set.of(), 0);
  }

  /** Returns the state of a request that is not rendered yet and will quarantine its pods. */
  public static ApplyState quarantining(ReconcileRequest request) {
    return new ApplyState(request, true, null, Set.of(), 0);
  }

  /** Returns the same request, not rendered. */
  public ApplyState again() {
    return new ApplyState(request, quarantines, null, Set.of(), 0);
  }

  /** Returns the same request, rendered now. */
  public ApplyState rendered(ApplyPlan plan, Set<PodInFamily> quarantined) {
    return new ApplyState(request, quarantines, plan, quarantined, System.nanoTime());
  }

  /** Returns the time since it was rendered. */
  public Duration took() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Says what a trace shows: the request, and once it is rendered how much the plan writes. */
  @Override
  public String toString() {
    String text = request + (quarantines ? "; to be quarantined" : "");
    if (plan == null) {
      return text + "; not rendered";
    }
    List<Transaction> transactions = plan.transactions();
    return text
        + "; rendered: "
        + (transactions.isEmpty()
            ? "nothing differs"
            : transactions.stream().map(Transaction::toString).collect(Collectors.joining("; ")));
  }
}
