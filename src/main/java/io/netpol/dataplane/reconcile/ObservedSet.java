package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.AddressSet;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/**
 * Represents a set of the agent as the kernel has it.
 *
 * @param kind the type of its elements; empty if the agent makes no such sets
 * @param family the family of its addresses
 * @param maxEntries its capacity in entries
 * @param entries in the syntax of {@link KernelSet}; mutable, updated when a transaction succeeds
 */
public record ObservedSet(
    Optional<AddressSet.Kind> kind, Family family, int maxEntries, Set<String> entries) {

  /** Makes a set without entries. */
  public static ObservedSet empty(Optional<AddressSet.Kind> kind, Family family, int maxEntries) {
    return new ObservedSet(kind, family, maxEntries, new SetEntries());
  }

  /**
   * Returns whether the other set has the same type, family and capacity, regardless of entries.
   */
  public boolean isLike(ObservedSet other) {
    return kind.equals(other.kind) && family == other.family && maxEntries == other.maxEntries;
  }

  /** Returns whether the set has exactly these entries, given without duplicates. */
  boolean hasExactly(Collection<String> wanted) {
    return entries.size() == wanted.size() && entries.containsAll(wanted);
  }
}
