package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Chain;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells what only a back-end knows of one address family: its tools, its names, and the text of its
 * rules and sets. Texts are as the tool prints them, so that the desired and the observed state can
 * be compared as text. Guarded by the lock of the {@link FamiliesDataplane}.
 */
public interface FamilyBackend {

  /** Returns the tool that reads and writes chains. */
  KernelTool chainsTool();

  /** Returns the tool that reads and writes sets; the other one if it does both. */
  KernelTool setsTool();

  /** Returns the name that a chain has in the kernel. */
  default String chainName(String name) {
    return name;
  }

  /** Returns the rules of a chain, without duplicates. */
  List<String> write(Chain chain);

  /**
   * Returns the text of the base chains, which lead packets to the chains of pods, by name; none if
   * no packet needs a rule.
   *
   * @param pods the pods that have rules
   * @param protectedCidrs blocks whose addresses are denied unless they belong to a pod with rules
   */
  Map<String, List<String>> base(
      Map<ObjectKey, PodChains> pods, List<Cidr> protectedCidrs, BridgePorts ports);

  /** Returns the word for an address in the base chains that lead to the chains of a pod. */
  String dispatchWord(IpAddress address);

  /**
   * Returns the transaction that turns the observed into the desired chains; empty if they are
   * equal.
   *
   * @param desired chains that must exist with exactly these rules
   * @param unwanted chains that must not exist
   * @param hooked whether packets must be led to the base chains
   */
  Optional<PendingTransaction> difference(
      Map<String, List<String>> desired,
      Set<String> unwanted,
      boolean hooked,
      ObservedState observed);

  /** Returns whether the kernel leads packets to the base chains. */
  boolean isHooked(ObservedState observed);

  /** Returns the set in the form in which this kernel interface stores it. */
  KernelSet set(AddressSet set);

  /** Returns the payload that destroys a set. */
  String destruction(String set);

  /**
   * Formats chains and sets as a payload for the tools, for people.
   *
   * @param sets the sets with their entries
   */
  String text(Map<String, List<String>> chains, Map<KernelSet, List<String>> sets);
}
