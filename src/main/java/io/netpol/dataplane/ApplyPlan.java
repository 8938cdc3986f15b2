package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says what the kernel must be given so that it has what is asked for. One plan of a dataplane is
 * under way at a time; it ends with {@link #finish} or {@link #abandon}.
 */
public interface ApplyPlan {

  /** Returns what is to be given to tools, in this order; empty where the kernel has it all. */
  List<Transaction> transactions();

  /** Returns all that each of these tools is to be given; empty text where that is nothing. */
  default Map<KernelTool, String> payloads(Collection<KernelTool> tools) {
    Map<KernelTool, String> byTool = new TreeMap<>();
    tools.forEach(tool -> byTool.put(tool, ""));
    transactions().forEach(each -> byTool.merge(each.tool(), each.payload(), String::concat));
    return byTool;
  }

  /** Returns the pods from whom the plan may take something away. */
  Set<ObjectKey> restricted();

  /** Returns the pods that get other rules. */
  Set<ObjectKey> changedPods();

  /** Notes that the kernel has all of it. */
  void finish();

  /** Notes that something was not delivered: nobody knows what the kernel has now. */
  void abandon();
}
