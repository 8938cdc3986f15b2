package io.netpol.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class NeedsBrowserTest {

  @Test
  void skipsWhereThereIsNone() {
    assertThat(NeedsBrowser.Condition.evaluate("an example", Optional.empty(), null).isDisabled())
        .isTrue();
  }

  @Test
  void failsWhereThereIsNoneInContinuousIntegration() {
    assertThatThrownBy(
            () -> NeedsBrowser.Condition.evaluate("an example", Optional.empty(), "true"))
        .hasMessageContaining("needs a browser");
  }
}
