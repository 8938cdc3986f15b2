package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.flow.LintLog;
import org.junit.jupiter.api.Test;

/** {@code routes/lint.camel.yaml}. */
class LintRoutesTest {

  private int looks;

  /** Stands in for {@link LintLog}. */
  public final class LintLogStub {
    public void look() {
      looks++;
    }
  }

  @Test
  void policiesAreCheckedEachTime() throws Exception {
    try (RoutesOf routes =
        new RoutesOf("lint")
            .bean("lintLog", new LintLogStub())
            .property("netpol.lint.interval", "1000")
            .start()) {
      routes.send("lint", null);
      assertThat(looks).isEqualTo(1);
    }
  }
}
