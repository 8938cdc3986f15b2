package io.netpol.dataplane;

import io.netpol.dataplane.render.BridgePorts;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * Programs the policies of this node into the kernel, through one kernel interface. It runs no
 * program itself: it names the tools to read, receives their listings, plans transactions, and
 * receives their outcome.
 *
 * <p>The changes of a plan become the desired state only when all its transactions succeeded, so a
 * payload that the kernel refuses never blocks the next plan.
 *
 * <p>Thread-safe: each method takes the lock of the dataplane, and no method blocks on a tool.
 * {@link io.netpol.dataplane} lists which thread calls what.
 */
public interface Dataplane {

  /** Returns the tools that read and write the kernel, in the order of reading. */
  List<KernelTool> tools();

  /**
   * Returns the tool with the id, whether this node needs it or not.
   *
   * @throws IllegalArgumentException if there is none
   */
  KernelTool tool(String id);

  /**
   * Returns a tool that only summarizes the listing of another, which grows with the cluster; empty
   * if every check needs the whole listing.
   */
  default Optional<KernelTool> summary(KernelTool tool) {
    return Optional.empty();
  }

  /**
   * Returns whether a summary agrees with the observed state, so that the whole listing need not be
   * read now; false if that state is unknown.
   *
   * @param summary a tool that {@link #summary} returned
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed
   */
  default boolean agrees(KernelTool summary, String listing) {
    return false;
  }

  /**
   * Returns the listing that a failed run of a tool stands for: some tools fail where the kernel
   * has nothing of the agent. Empty if the run only failed.
   *
   * @param error what the tool wrote to standard error
   */
  default Optional<String> listingOfFailure(String error) {
    return Optional.empty();
  }

  /** Returns the tools that must read the kernel before the request can be planned. */
  List<KernelTool> stale(ReconcileRequest request);

  /**
   * Updates the observed state from the listing of a tool.
   *
   * @return what others changed since the state was last known; empty if it was unknown
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed; the observed state
   *     is then unchanged
   */
  List<Drift> observe(KernelTool tool, String listing);

  /**
   * Records that a listing cannot be read. If the state was known, it is assumed to be as last
   * written.
   *
   * @return whether requests can be planned without the listing
   */
  boolean couldNotObserve(KernelTool tool);

  /** Requires listings of these tools before the next plan, to find what others changed. */
  void markStale(Set<KernelTool> tools);

  /** Requires listings of all tools before the next plan: the state of the kernel is unknown. */
  void forget();

  /**
   * Returns the tools to read again after a plan, because they may print rules otherwise than they
   * were written.
   */
  List<KernelTool> staleToVerify();

  /**
   * Plans the transactions for the requested keys, from the current state of the cluster.
   *
   * @param quarantined pods whose rules the kernel refuses; they get chains that deny everything
   * @throws IllegalStateException if the kernel is {@link #stale}
   */
  ApplyPlan plan(ReconcileRequest request, Set<PodInFamily> quarantined);

  /** Records that a tool has executed the transaction. */
  void confirm(Transaction transaction);

  /** Returns whether a tool has executed the transaction. */
  boolean isConfirmed(Transaction transaction);

  /**
   * Finds the line of a payload that the kernel refused.
   *
   * @param error what the tool wrote to standard error
   */
  Fault fault(Transaction transaction, String error);

  /**
   * Returns whether the tool timed out on a lock that another process holds, so that no payload is
   * at fault.
   */
  boolean isLockedByOthers(String error);

  /**
   * Returns the policies that a line of a payload belongs to, as {@code namespace/name}; empty if
   * they cannot be found.
   */
  Set<String> policiesBehind(String line, ApplyPlan plan);

  /** Returns the request with its keys in place of whole families, so that it can be split. */
  ReconcileRequest expand(ReconcileRequest request);

  /** Returns whether a family that the request leaves out needs repair. */
  boolean isMoreToRepair(ReconcileRequest request);

  /**
   * Returns the chains and jumps whose repair was stopped, because the tool prints them otherwise
   * than they are written, with both texts; normally empty.
   */
  List<String> stoppedRepairs();

  /**
   * Returns transactions that each remove one unused object, such as a set. The kernel may refuse
   * one that is in use for a moment longer; it is tried again after the others.
   */
  List<Transaction> collectGarbage(int atMost);

  /**
   * Returns the tools to read before {@link #collectGarbage}; a failure to read them is harmless.
   */
  List<KernelTool> staleToCollectGarbage();

  /**
   * Updates which pod each bridge port belongs to; the next plan includes the resulting changes.
   */
  void bridgePorts(BridgePorts ports);

  /** Tracks the sets that the rules of a local pod will need, before the pod is planned. */
  void prefetchSets(ObjectKey pod);

  /** Returns whether the desired state has any rule. */
  boolean hasRules();

  /** Returns what the kernel enforces for each pod with rules, as last known. */
  Map<Family, SortedMap<ObjectKey, Enforcement>> enforced();

  /**
   * Returns whether rules of the pod are in the kernel for all addresses that the pod has now, as
   * last known.
   */
  boolean isProgrammed(PodInFamily pod);

  /**
   * Returns whether a snapshot of the kernel has exactly the rules that the pod needs now in one
   * family, even if that is none.
   */
  boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel);

  /**
   * Parses listings into a snapshot, without a change of the desired and observed state.
   *
   * @param listings the listing of each of {@link #tools}
   * @throws UnreadableListing if a listing is incomplete or cannot be parsed
   */
  KernelSnapshot snapshot(Map<KernelTool, String> listings);

  /** Returns the tools whose listings can include the counters of rules. */
  List<KernelTool> countingTools();

  /**
   * Parses the counters of the rules of all pods.
   *
   * @throws UnreadableListing if the listing is incomplete
   */
  Collection<RuleCounter> counters(KernelTool tool, String listing);

  /** Returns the owners of the rules that the previous agent left in the kernel. */
  FormerOwners formerOwners();

  /** Returns the desired state in the syntax of the tools, for people. */
  String desiredText();
}
