package io.netpol.route;

import java.time.Instant;

/** Receives the result of each sync, on the thread that applies: it must be quick and not throw. */
public interface ApplyListener {

  /** Receives a sync that is in the kernel. */
  void applied(Applied applied);

  /**
   * Receives an attempt that failed; its request stays pending.
   *
   * @param why the reason, in one line
   */
  default void failed(Instant when, String why) {}
}
