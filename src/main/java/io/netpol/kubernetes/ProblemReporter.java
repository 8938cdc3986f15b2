package io.netpol.kubernetes;

import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import io.netpol.model.Problem.Severity;
import java.util.function.Consumer;

/** Where the conversion of one object says what it could not take. */
record ProblemReporter(Kind kind, ObjectKey object, Consumer<Problem> problems) {

  /**
   * The value at the path was not understood.
   *
   * @param reason what is wrong with it
   * @param effect what it comes to where an API server has taken the object
   */
  void error(String field, String reason, String effect) {
    problems.accept(new Problem(kind, object, field, reason, effect, Severity.ERROR));
  }

  /** The value at the path was understood, but is odd or without effect. */
  void warning(String field, String message) {
    problems.accept(new Problem(kind, object, field, message, "", Severity.WARNING));
  }
}
