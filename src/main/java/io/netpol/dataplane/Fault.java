package io.netpol.dataplane;

/**
 * Says where in a payload the kernel found fault, as far as its tool tells.
 *
 * @param lineNumber from 1; 0 where the tool named none that is there
 * @param line its text; null likewise, and where it only ends a transaction: the fault may be in
 *     any line before
 */
public record Fault(int lineNumber, String line) {

  /** The tool named no line. */
  public static final Fault UNKNOWN = new Fault(0, null);
}
