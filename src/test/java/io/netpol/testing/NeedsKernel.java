package io.netpol.testing;

import io.netpol.lab.LabNetwork;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that need a kernel in which network namespaces can be made.
 *
 * <p>Elsewhere they are skipped with a line on standard error, but fail where the environment says
 * {@code CI=true}.
 */
@Inherited
@Tag("kernel")
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsKernel.Condition.class)
public @interface NeedsKernel {

  /** Asks once whether the kernel will do. */
  final class Condition implements ExecutionCondition {
    private static final Optional<String> UNAVAILABLE = LabNetwork.unavailable();

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return evaluate(context.getDisplayName(), UNAVAILABLE, System.getenv("CI"));
    }

    static ConditionEvaluationResult evaluate(
        String test, Optional<String> unavailable, String ci) {
      if (unavailable.isEmpty()) {
        return ConditionEvaluationResult.enabled("the kernel can run a lab");
      }
      String reason = test + " needs a lab of network namespaces: " + unavailable.get();
      if ("true".equals(ci)) {
        throw new IllegalStateException(reason);
      }
      System.err.println("SKIPPED: " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
