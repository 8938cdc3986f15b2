package io.netpol.dataplane;

import io.netpol.dataplane.render.BridgePorts;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/**
 * Turns what policies ask for into what the kernel of this node has, by one kernel interface. It
 * runs no program itself: it says what is to be read, takes in what was printed, says what is to be
 * written, and is told what was.
 *
 * <p>What a plan asks for becomes what is desired only when all of it was delivered, so a piece
 * that the kernel refuses never stands in the way of the next.
 *
 * <p>All methods may be called by any thread; the package says who calls what.
 */
public interface Dataplane {

  /** Returns the tools by which the kernel is read and written, in the order of reading. */
  List<KernelTool> tools();

  /**
   * Returns the tool that has the id, whether this node needs it or not.
   *
   * @throws IllegalArgumentException if there is none
   */
  KernelTool tool(String id);

  /** Returns the tools by which the kernel must be read before the request can be planned. */
  List<KernelTool> stale(ReconcileRequest request);

  /**
   * Takes in what a tool printed of the kernel.
   *
   * @return what somebody else changed since the kernel was known last; empty where it was not
   * @throws UnreadableListing if it is not complete or not understood; nothing is taken in then
   */
  List<Drift> observe(KernelTool tool, String listing);

  /**
   * Notes that a tool's listing cannot be read. Where the kernel was known before, what was
   * delivered goes on to be assumed.
   *
   * @return whether requests can be planned without it
   */
  boolean couldNotObserve(KernelTool tool);

  /** Makes the next plan need what these tools print, to find what others changed. */
  void markStale(Set<KernelTool> tools);

  /** Makes the next plan need what all tools print: nobody knows what the kernel has. */
  void forget();

  /** Returns the tools to read after a plan, as they may print rules otherwise than written. */
  List<KernelTool> staleToVerify();

  /**
   * Looks at everything that is requested, as it is now, and finds what has to be delivered.
   *
   * @param quarantined pods that get chains which let nothing pass, for want of rules that work
   * @throws IllegalStateException if the kernel is {@link #stale}
   */
  ApplyPlan plan(ReconcileRequest request, Set<PodInFamily> quarantined);

  /** Notes that a tool has taken the payload. */
  void confirm(Transaction transaction);

  /** Returns whether a tool has taken the payload. */
  boolean isConfirmed(Transaction transaction);

  /**
   * Finds the line of a payload that the kernel refused.
   *
   * @param error what the tool wrote to standard error
   */
  Fault fault(Transaction transaction, String error);

  /** Returns whether the tool waited in vain for others, so that no payload is at fault. */
  boolean isLockedByOthers(String error);

  /**
   * Returns the policies that a line of a payload is for, as {@code namespace/name}; empty where
   * nothing tells.
   */
  Set<String> policiesBehind(String line, ApplyPlan plan);

  /** Returns what is requested when everything is, key by key, so that it can be split. */
  ReconcileRequest expand(ReconcileRequest request);

  /** Returns whether something was found in another family than those requested. */
  boolean isMoreToRepair(ReconcileRequest request);

  /**
   * Returns the chains and jumps that are no longer repaired, because the kernel's tool prints them
   * otherwise than they are written, with both texts; empty as it should be.
   */
  List<String> stoppedRepairs();

  /**
   * Returns what removes things that nothing uses any more, a few at a time. They may still be in
   * use for a moment, so each is tried by itself, and again when the others had their turn.
   */
  List<Transaction> collectGarbage(int atMost);

  /** Returns what to read before {@link #collectGarbage}; that may fail. */
  List<KernelTool> staleToCollectGarbage();

  /** Takes in whose the ports of bridges are; what that changes comes with the next plan. */
  void bridgePorts(BridgePorts ports);

  /** Follows from now on the sets that a local pod's rules will need. */
  void prefetchSets(ObjectKey pod);

  /** Returns whether any rule is wanted in the kernel. */
  boolean hasRules();

  /** Returns what the kernel has for each pod with rules, or had when it was last known. */
  Map<Family, SortedMap<ObjectKey, Enforcement>> enforced();

  /** Returns whether the pod's rules are in the kernel, or were when it was last known. */
  boolean isProgrammed(PodInFamily pod);

  /**
   * Returns whether the kernel, as it was just read, has exactly what the pod needs now in one
   * family: also where that is nothing.
   */
  boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel);

  /**
   * Reads a kernel for an answer to people; what is desired and observed stays as it is.
   *
   * @param listings what each of {@link #tools} printed
   * @throws UnreadableListing if one is not complete or not understood
   */
  KernelSnapshot snapshot(Map<KernelTool, String> listings);

  /** Returns the tools whose listings can have counters of rules. */
  List<KernelTool> countingTools();

  /**
   * Reads the counters of the rules of all pods.
   *
   * @throws UnreadableListing if the listing is not complete
   */
  Collection<RuleCounter> counters(KernelTool tool, String listing);

  /** Returns for which pods the rules were that an earlier agent has left. */
  FormerOwners formerOwners();

  /** Returns what was applied last, as the tools print it; for people. */
  String desiredText();
}
