package io.netpol.testing;

import java.io.File;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Marks tests that look at a page in Chromium.
 *
 * <p>Elsewhere they are skipped with a line on standard error, but fail where the environment says
 * {@code CI=true}.
 */
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsBrowser.Condition.class)
public @interface NeedsBrowser {

  /** Looks for a browser. */
  final class Condition implements ExecutionCondition {
    private static final List<String> NAMES =
        List.of("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome");

    /** The path of the browser. */
    public static Optional<String> browser() {
      for (String name : NAMES) {
        for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
          File file = new File(folder, name);
          if (file.canExecute()) {
            return Optional.of(file.getPath());
          }
        }
      }
      return Optional.empty();
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      return evaluate(context.getDisplayName(), browser(), System.getenv("CI"));
    }

    static ConditionEvaluationResult evaluate(String test, Optional<String> browser, String ci) {
      if (browser.isPresent()) {
        return ConditionEvaluationResult.enabled("there is " + browser.get());
      }
      String reason = test + " needs a browser: none of " + String.join(", ", NAMES);
      if ("true".equals(ci)) {
        throw new IllegalStateException(reason);
      }
      System.err.println("SKIPPED: " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
