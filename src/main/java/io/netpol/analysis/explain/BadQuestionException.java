package io.netpol.analysis.explain;

/**
 * A question cannot be answered as it was asked; the message says why, fit for the one who asked.
 */
public final class BadQuestionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong with the question. */
  public BadQuestionException(String message) {
    super(message);
  }
}
