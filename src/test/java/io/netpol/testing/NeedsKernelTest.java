package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class NeedsKernelTest {
  @Test
  void runsWhereTheKernelWillDo() {
    assertThat(NeedsKernel.Condition.evaluate("an example", Optional.empty(), "true").isDisabled())
        .isFalse();
  }

  @Test
  void skipsElsewhere() {
    assertThat(
            NeedsKernel.Condition.evaluate("an example", Optional.of("no root"), null).isDisabled())
        .isTrue();
  }

  @Test
  void failsElsewhereInContinuousIntegration() {
    assertThatThrownBy(
            () -> NeedsKernel.Condition.evaluate("an example", Optional.of("no root"), "true"))
        .hasMessageContaining("no root");
  }
}
