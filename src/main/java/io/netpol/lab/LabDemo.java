package io.netpol.lab;

import io.netpol.cli.DemoProgram;
import java.io.PrintWriter;
import java.nio.file.Path;

/** Plays the demo in network namespaces of this machine. */
public final class LabDemo implements DemoProgram {

  @Override
  public int play(boolean once, Path folder, PrintWriter out, PrintWriter err) throws Exception {
    return new Demo(once, folder, out, err).call();
  }
}
