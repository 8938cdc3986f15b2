package io.netpol.kubernetes;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * One instance for all equal values: the pods of a Deployment have the same labels, and those of a
 * cluster some hundred namespaces and nodes. A value that nobody holds any more is forgotten.
 */
final class Shared<T> {

  private final Map<T, WeakReference<T>> known = new WeakHashMap<>();

  /** The value, or the equal one that was given first; the value must not change. */
  synchronized T of(T value) {
    WeakReference<T> found = known.get(value);
    T first = found == null ? null : found.get();
    if (first != null) {
      return first;
    }
    known.put(value, new WeakReference<>(value));
    return value;
  }
}
