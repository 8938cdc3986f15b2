package io.netpol.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProbeTimeoutTest {

  private static final Duration QUIET = Duration.ofMillis(250);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE);
  private final ProbeTimeout timeout = new ProbeTimeout(QUIET, now::get);

  @Test
  void endsWhenNothingHasMovedForAWhile() {
    assertThat(turns(ProbeTimeout.POLL_MILLIS)).isEqualTo(25);
  }

  @Test
  void aMachineThatGivesNoTurnsDeniesNothing() {
    assertThat(turns(60_000)).isGreaterThan(10);
  }

  @Test
  void whatMovesIsWaitedFor() {
    for (int i = 0; i < 24; i++) {
      passes(ProbeTimeout.POLL_MILLIS);
      assertThat(timeout.millisLeft()).isPositive();
    }
    timeout.activity();
    assertThat(turns(ProbeTimeout.POLL_MILLIS)).isEqualTo(25);
  }

  @Test
  void whatMovesForEverIsNotWaitedForForEver() {
    int turns = 0;
    for (; timeout.millisLeft() > 0; turns++) {
      passes(ProbeTimeout.POLL_MILLIS);
      timeout.activity();
    }
    assertThat(turns).isEqualTo(500);
  }

  /** How many turns of so many milliseconds it takes until it gives up. */
  private int turns(long millis) {
    int turns = 0;
    for (; timeout.millisLeft() > 0; turns++) {
      passes(millis);
    }
    return turns;
  }

  private void passes(long millis) {
    now.addAndGet(millis * 1_000_000);
  }
}
