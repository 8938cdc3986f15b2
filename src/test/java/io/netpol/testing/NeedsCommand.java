package io.netpol.testing;

import java.io.File;
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
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Marks tests that run one of some commands, whichever is in the PATH.
 *
 * <p>Elsewhere they are skipped with a line on standard error, but fail where the environment says
 * {@code CI=true}.
 */
@Inherited
@Tag("command")
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsCommand.Condition.class)
public @interface NeedsCommand {

  /** Their names; one is enough. */
  String[] value();

  /** Looks for the commands. */
  final class Condition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return AnnotationSupport.findAnnotation(context.getRequiredTestClass(), NeedsCommand.class)
          .map(needs -> evaluate(context.getDisplayName(), System.getenv("CI"), needs.value()))
          .orElseThrow();
    }

    static ConditionEvaluationResult evaluate(String test, String ci, String... commands) {
      Optional<String> found = find(commands);
      if (found.isPresent()) {
        return ConditionEvaluationResult.enabled("there is " + found.get());
      }
      String reason = test + " needs one of " + String.join(", ", commands);
      if ("true".equals(ci)) {
        throw new IllegalStateException(reason);
      }
      System.err.println("SKIPPED: " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }

    /** The path of the first of these that is there; empty where none is. */
    public static Optional<String> find(String... commands) {
      for (String command : commands) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
          File file = new File(folder, command);
          if (file.canExecute()) {
            return Optional.of(file.getPath());
          }
        }
      }
      return Optional.empty();
    }

    /** The one that a test class is marked with, and that is there. */
    public static String of(Class<?> test) {
      return find(test.getAnnotation(NeedsCommand.class).value()).orElseThrow();
    }
  }
}
