package io.netpol.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PatienceTest {

  private static final Duration QUIET = Duration.ofMillis(250);

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE);
  private final Patience patience = new Patience(QUIET, now::get);

  @Test
  void endsWhenNothingHasMovedForAWhile() {
    assertThat(turns(Patience.STEP_MILLIS)).isEqualTo(25);
  }

  @Test
  void aMachineThatGivesNoTurnsDeniesNothing() {
    assertThat(turns(60_000)).isGreaterThan(10);
  }

  @Test
  void whatMovesIsWaitedFor() {
    for (int i = 0; i < 24; i++) {
      passes(Patience.STEP_MILLIS);
      assertThat(patience.millisLeft()).isPositive();
    }
    patience.activity();
    assertThat(turns(Patience.STEP_MILLIS)).isEqualTo(25);
  }

  @Test
  void whatMovesForEverIsNotWaitedForForEver() {
    int turns = 0;
    for (; patience.millisLeft() > 0; turns++) {
      passes(Patience.STEP_MILLIS);
      patience.activity();
    }
    assertThat(turns).isEqualTo(500);
  }

  /** How many turns of so many milliseconds it takes until it gives up. */
  private int turns(long millis) {
    int turns = 0;
    for (; patience.millisLeft() > 0; turns++) {
      passes(millis);
    }
    return turns;
  }

  private void passes(long millis) {
    now.addAndGet(millis * 1_000_000);
  }
}
