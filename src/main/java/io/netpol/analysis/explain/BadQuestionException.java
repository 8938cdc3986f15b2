package io.netpol.analysis.explain;

/**
 * Reports that a question cannot be answered as it was asked; the message says why, and is shown to
 * the user.
 */
public final class BadQuestionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what is wrong with the question. */
  public BadQuestionException(String message) {
    super(message);
  }
}
