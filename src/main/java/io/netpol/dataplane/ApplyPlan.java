package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Lists the transactions that turn the observed state of the kernel into the desired state. A
 * dataplane has one plan at a time; it ends with {@link #finish} or {@link #abandon}.
 */
public interface ApplyPlan {

  /** Returns the transactions, in the order in which to run them; empty if nothing differs. */
  List<Transaction> transactions();

  /** Returns the concatenated payloads for each of the tools; empty text for a tool without any. */
  default Map<KernelTool, String> payloads(Collection<KernelTool> tools) {
    Map<KernelTool, String> byTool = new TreeMap<>();
    tools.forEach(tool -> byTool.put(tool, ""));
    transactions().forEach(each -> byTool.merge(each.tool(), each.payload(), String::concat));
    return byTool;
  }

  /** Returns the pods for which the plan may deny connections that were allowed. */
  Set<ObjectKey> restricted();

  /** Returns the pods whose rules change. */
  Set<ObjectKey> changedPods();

  /** Records that all transactions succeeded: the desired state is now that of the plan. */
  void finish();

  /** Records that a transaction failed: the state of the kernel is now unknown. */
  void abandon();
}
