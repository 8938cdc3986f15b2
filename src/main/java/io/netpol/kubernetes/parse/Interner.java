package io.netpol.kubernetes.parse;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Shares one instance of equal values: the pods of a Deployment have the same labels, and those of
 * a cluster some hundred namespaces and nodes. It is a cache of fixed size: of values with the same
 * slot, it remembers only the last.
 */
final class Interner<T> {

  /**
   * The number of slots, a power of two: more than a cluster has values that many objects share.
   */
  private static final int PLACES = 1 << 14;

  private final AtomicReferenceArray<T> known = new AtomicReferenceArray<>(PLACES);

  /** Returns the value, or an equal one that was passed before; the value must be immutable. */
  T of(T value) {
    T before = like(value);
    if (before == null) {
      known.set(place(value), value);
    }
    return before == null ? value : before;
  }

  /** Returns an equal value that was passed before; null if none is remembered. */
  T like(Object value) {
    T before = known.get(place(value));
    return value.equals(before) ? before : null;
  }

  private static int place(Object value) {
    int hash = value.hashCode();
    return (hash ^ hash >>> 14) & PLACES - 1;
  }
}
