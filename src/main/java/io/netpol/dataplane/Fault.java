package io.netpol.dataplane;

/**
 * Locates the line of a payload that the kernel refused, as far as the tool reports it.
 *
 * @param lineNumber counted from 1; 0 if the tool reports none
 * @param line its text; null if the tool reports none, or if the line only commits a transaction:
 *     the fault may be in any line before
 */
public record Fault(int lineNumber, String line) {

  /** The tool reports no line. */
  public static final Fault UNKNOWN = new Fault(0, null);
}
