package io.netpol.kubernetes;

import java.time.Duration;

/**
 * When the API server was last heard of one kind of object, in a way that proves the view current:
 * a finished list, an opened watch, an event or a bookmark.
 */
final class LastContact {

  private volatile long nanos = System.nanoTime();

  /** The view is current as of now. */
  void now() {
    nanos = System.nanoTime();
  }

  /** Returns how long ago that was; where nothing was heard yet, since this was made. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }
}
