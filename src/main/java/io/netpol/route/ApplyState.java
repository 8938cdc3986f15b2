package io.netpol.route;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import java.time.Duration;
import java.util.Set;

/**
 * How far one apply is. The routes carry it in the variable {@value #VARIABLE}, and each step that
 * gets further puts a new one there; so a piece that is tried on its own leaves the whole as it is.
 *
 * @param work what is to be applied
 * @param closes whether the pods of the work get chains that let nothing pass
 * @param plan what differs from the kernel; null until it is rendered
 * @param closed the pods that the plan gives chains which let nothing pass
 * @param start when it was rendered, by {@link System#nanoTime()}; 0 until then
 */
public record ApplyState(
    ReconcileRequest work, boolean closes, ApplyPlan plan, Set<PodInFamily> closed, long start) {

  /** The variable of the exchange that holds it. */
  public static final String VARIABLE = "netpolApply";

  /** Nothing is rendered yet. */
  static ApplyState of(ReconcileRequest work) {
    return new ApplyState(work, false, null, Set.of(), 0);
  }

  /** Nothing is rendered yet, and the pods of the work will be closed. */
  static ApplyState closing(ReconcileRequest work) {
    return new ApplyState(work, true, null, Set.of(), 0);
  }

  /** The same work with nothing rendered. */
  ApplyState again() {
    return new ApplyState(work, closes, null, Set.of(), 0);
  }

  /** The same work, rendered now. */
  ApplyState rendered(ApplyPlan plan, Set<PodInFamily> closed) {
    return new ApplyState(work, closes, plan, closed, System.nanoTime());
  }

  /** How long it has taken since it was rendered. */
  Duration took() {
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
