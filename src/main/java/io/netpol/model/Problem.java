package io.netpol.model;

import io.netpol.net.Quote;

/**
 * Reports a field of an object that is invalid or odd.
 *
 * @param kind the object's kind
 * @param object namespace and name
 * @param field the path of the field, such as {@code spec.ingress[0].ports[1].port}
 * @param reason what is wrong
 * @param effect how the value is treated; empty if that is obvious
 * @param severity whether the value is treated otherwise than it is written
 */
public record Problem(
    Kind kind, ObjectKey object, String field, String reason, String effect, Severity severity) {

  /** Tells how serious a problem is. */
  public enum Severity {
    /** The value is treated as the API server treats it; the spelling is odd. */
    WARNING,
    /** The value is invalid and matches nothing. */
    ERROR
  }

  /**
   * The length in characters of a key in messages: more than an API server accepts for namespace
   * and name.
   */
  private static final int MAX_NAME = 320;

  /** Returns what is wrong, and how the value is treated. */
  public String message() {
    return effect.isEmpty() ? reason : reason + "; " + effect;
  }

  /** Returns the problem as one printable line. */
  @Override
  public String toString() {
    String name = Quote.printable(object.toString(), MAX_NAME);
    return kind.kubernetesName() + " " + name + ": " + field + ": " + message();
  }
}
