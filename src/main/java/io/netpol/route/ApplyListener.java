package io.netpol.route;

import java.time.Instant;

/** Is told of each apply, on the thread that applies: it must be quick, and must not fail. */
public interface ApplyListener {

  /** What was due is in the kernel. */
  void applied(Applied applied);

  /**
   * An attempt failed, and what was due is due still.
   *
   * @param when it failed
   * @param why one line
   */
  default void failed(Instant when, String why) {}
}
