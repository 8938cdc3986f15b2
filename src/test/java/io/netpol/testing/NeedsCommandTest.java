package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NeedsCommandTest {

  @Test
  void runsWhereOneIsThere() {
    assertThat(
            NeedsCommand.Condition.evaluate("an example", "true", "no-such-command", "sh")
                .isDisabled())
        .isFalse();
  }

  @Test
  void skipsWhereThereIsNone() {
    assertThat(NeedsCommand.Condition.evaluate("an example", null, "no-such-command").isDisabled())
        .isTrue();
  }

  @Test
  void failsWhereThereIsNoneInContinuousIntegration() {
    assertThatThrownBy(
            () -> NeedsCommand.Condition.evaluate("an example", "true", "no-such-command"))
        .hasMessageContaining("needs one of no-such-command");
  }
}
