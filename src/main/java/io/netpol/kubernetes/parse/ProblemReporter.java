package io.netpol.kubernetes.parse;

import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import io.netpol.model.Problem.Severity;
import java.util.function.Consumer;

/** Reports the problems of one object. */
record ProblemReporter(Kind kind, ObjectKey object, Consumer<Problem> problems) {

  /**
   * Reports an invalid value.
   *
   * @param reason what is wrong with it
   * @param effect how the value is treated if an API server has accepted the object
   */
  void error(String field, String reason, String effect) {
    problems.accept(new Problem(kind, object, field, reason, effect, Severity.ERROR));
  }

  /** Reports a value that is valid, but odd or without effect. */
  void warning(String field, String message) {
    problems.accept(new Problem(kind, object, field, message, "", Severity.WARNING));
  }
}
