package io.netpol.index;

import io.netpol.model.ObjectKey;
import java.util.Set;

/**
 * Lists what an event affects on this node: the keys that must be reconciled.
 *
 * @param pods local pods whose rules may differ
 * @param sets sets in use whose members differ
 * @param everything whether everything on this node must be reconciled
 */
public record AffectedObjects(Set<ObjectKey> pods, Set<AddressSetKey> sets, boolean everything) {

  /** Affects nothing on this node. */
  public static final AffectedObjects NONE = new AffectedObjects(Set.of(), Set.of(), false);

  /** Affects all pods and sets of this node. */
  public static final AffectedObjects EVERYTHING = new AffectedObjects(Set.of(), Set.of(), true);

  public AffectedObjects {
    pods = Set.copyOf(pods);
    sets = Set.copyOf(sets);
  }

  /** Returns whether nothing is affected. */
  public boolean isEmpty() {
    return pods.isEmpty() && sets.isEmpty() && !everything;
  }

  /** Says what a trace shows: how many keys. */
  @Override
  public String toString() {
    return everything ? "the whole node" : "pods: " + pods.size() + ", sets: " + sets.size();
  }
}
