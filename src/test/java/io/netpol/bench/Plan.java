package io.netpol.bench;

import java.nio.file.Path;

/**
 * What a run measures with.
 *
 * @param standard the standard load
 * @param home the distribution
 * @param javaOpts JVM flags for the agent, beyond its own
 * @param brief whether to be done soon
 */
record Plan(Load standard, Path home, String javaOpts, boolean brief, BareTool shell) {

  /**
   * What the agent waits at most before it applies, in milliseconds: {@code netpol.batch.interval}.
   */
  static final double WINDOW_MILLIS = 5;

  Rig rig(Load load) throws Exception {
    return rig(GeneratedLoad.of(load));
  }

  Rig rig(GeneratedLoad load) throws Exception {
    return new Rig(load, home, javaOpts);
  }

  /** So many runs, fewer in short. */
  int runs(int full, int few) {
    return brief ? few : full;
  }
}
