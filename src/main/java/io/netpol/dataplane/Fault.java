package io.netpol.dataplane;

/**
 * Says where in a payload the kernel found fault, as far as its tool tells.
 *
 * @param lineNumber from 1; 0 where the tool named none that is there
 * @param line its text; null likewise
 * @param endsTransaction whether the line says nothing itself: the fault may be in any before
 */
public record Fault(int lineNumber, String line, boolean endsTransaction) {

  /** The tool named no line. */
  public static final Fault UNKNOWN = new Fault(0, null, false);
}
