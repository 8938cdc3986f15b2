package io.netpol.model;

import io.netpol.net.Quote;

/**
 * Something in an object that could not be taken as it was written.
 *
 * @param kind the object's kind
 * @param object namespace and name
 * @param field the path of the field, as {@code spec.ingress[0].ports[1].port}
 * @param reason what is wrong
 * @param effect what the value comes to; empty where that goes without saying
 * @param severity whether a meaning was lost
 */
public record Problem(
    Kind kind, ObjectKey object, String field, String reason, String effect, Severity severity) {

  /** How much harm is done. */
  public enum Severity {
    /** The value was understood as the API server understands it; the spelling is odd. */
    WARNING,
    /** The value was not understood and matches nothing. */
    ERROR
  }

  /** Longer than a namespace and a name that an API server takes, with the slash between. */
  private static final int MAX_NAME = 320;

  /** Returns what is wrong, and what the value comes to. */
  public String message() {
    return effect.isEmpty() ? reason : reason + "; " + effect;
  }

  /** One printable line. */
  @Override
  public String toString() {
    String name = Quote.printable(object.toString(), MAX_NAME);
    return kind.kubernetesName() + " " + name + ": " + field + ": " + message();
  }
}
