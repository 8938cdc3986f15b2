package io.netpol.lab;

import java.io.IOException;
import java.util.concurrent.Callable;

/** Lets the benchmark open sockets inside the namespaces of a lab. */
public final class LabSockets {

  private LabSockets() {}

  /** Runs work on the thread that lives in a member's namespace, and returns its result. */
  public static <T> T inside(LabNetwork lab, String member, Callable<T> work) throws IOException {
    return lab.inside(member, work);
  }
}
