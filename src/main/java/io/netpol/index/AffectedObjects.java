package io.netpol.index;

import io.netpol.model.ObjectKey;
import java.util.Set;

/**
 * What an event means for this node: the keys of what has to be looked at again.
 *
 * @param pods local pods whose rules may differ
 * @param sets sets in use whose members differ
 * @param everything whether all that this node has must be looked at
 */
public record AffectedObjects(Set<ObjectKey> pods, Set<AddressSetKey> sets, boolean everything) {

  /** Nothing to do on this node. */
  public static final AffectedObjects NONE = new AffectedObjects(Set.of(), Set.of(), false);

  /** All pods and sets of this node. */
  public static final AffectedObjects EVERYTHING = new AffectedObjects(Set.of(), Set.of(), true);

  public AffectedObjects {
    pods = Set.copyOf(pods);
    sets = Set.copyOf(sets);
  }

  /** Returns whether there is nothing to look at. */
  public boolean isEmpty() {
    return pods.isEmpty() && sets.isEmpty() && !everything;
  }
}
