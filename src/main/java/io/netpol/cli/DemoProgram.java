package io.netpol.cli;

import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Plays the demo. A {@link java.util.ServiceLoader} finds it, where the distribution has the jars
 * of the demo: the agent runs without them, and no command but {@code demo} loads them.
 */
public interface DemoProgram {

  /**
   * Plays the demo to its end.
   *
   * @param once whether it ends after its steps
   * @param folder where it takes policies from after the steps; null makes one
   * @return the exit status
   */
  int play(boolean once, Path folder, PrintWriter out, PrintWriter err) throws Exception;
}
