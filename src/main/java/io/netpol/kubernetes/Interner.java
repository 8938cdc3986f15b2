package io.netpol.kubernetes;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * One instance for equal values: the pods of a Deployment have the same labels, and those of a
 * cluster some hundred namespaces and nodes. Of values that fall on one place only the last is
 * remembered, so it costs the same whatever it is given.
 */
final class Interner<T> {

  /** A power of two: more than a cluster has values that many objects share. */
  private static final int PLACES = 1 << 14;

  private final AtomicReferenceArray<T> known = new AtomicReferenceArray<>(PLACES);

  /** Returns the value, or an equal one that was given before; the value must not change. */
  T of(T value) {
    T before = like(value);
    if (before == null) {
      known.set(place(value), value);
    }
    return before == null ? value : before;
  }

  /** Returns an equal value that was given before; null where none is remembered. */
  T like(Object value) {
    T before = known.get(place(value));
    return value.equals(before) ? before : null;
  }

  private static int place(Object value) {
    int hash = value.hashCode();
    return (hash ^ hash >>> 14) & PLACES - 1;
  }
}
