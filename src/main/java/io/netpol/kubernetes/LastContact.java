package io.netpol.kubernetes;

import java.time.Duration;

/**
 * Records when the API server last proved the cache of one kind of object current: by a complete
 * list, an opened watch, an event or a bookmark. Thread-safe.
 */
final class LastContact {

  private volatile long nanos = System.nanoTime();

  /** Records that the cache is current now. */
  void now() {
    nanos = System.nanoTime();
  }

  /** Returns the time since then; before the first contact, the time since creation. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }
}
