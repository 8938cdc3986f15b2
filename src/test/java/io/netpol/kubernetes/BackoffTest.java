package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {

  private long now;
  private double random = 0.999_999_999;

  private final Backoff backoff = new Backoff(() -> now, () -> random);

  private long next(boolean away) {
    return next(away, Duration.ZERO);
  }

  private long next(boolean away, Duration least) {
    Duration wait = backoff.next(away, least);
    now += wait.toNanos();
    return Math.round(wait.toNanos() / 1e6);
  }

  @Test
  void waitGrowsToHalfAMinuteAndBeginsAnew() {
    assertThat(next(false)).isEqualTo(100);
    assertThat(next(false)).isEqualTo(200);
    assertThat(next(false)).isEqualTo(400);
    for (int i = 0; i < 40; i++) {
      next(false);
    }
    assertThat(next(false)).isEqualTo(30_000);
    backoff.reset();
    assertThat(next(false)).isEqualTo(100);
  }

  @Test
  void halfOfTheWaitIsRandom() {
    random = 0;
    assertThat(next(false)).isEqualTo(50);
    assertThat(next(false)).isEqualTo(100);
  }

  @Test
  void serverThatIsAwayIsMissedForAnEighthOfThatTimeAtMost() {
    for (int i = 0; i < 4; i++) {
      next(true);
    }
    assertThat(next(true)).isEqualTo(1000);
    assertThat(next(true)).isEqualTo(1000);
    next(true);
    next(true);
    now += Duration.ofSeconds(80).toNanos();
    assertThat(next(true)).isBetween(10_000L, 11_500L);
    now += Duration.ofHours(1).toNanos();
    assertThat(next(true)).isEqualTo(30_000);
  }

  @Test
  void serverThatIsBackIsAskedSoonWhateverItAnswers() {
    for (int i = 0; i < 40; i++) {
      next(true);
    }
    assertThat(next(false)).isEqualTo(100);
    assertThat(next(false)).isEqualTo(200);
    assertThat(next(true)).isEqualTo(100);
  }

  @Test
  void whatTheServerAsksForIsKept() {
    random = 0;
    assertThat(next(false, Duration.ofSeconds(8))).isEqualTo(8000);
    random = 0.999_999_999;
    assertThat(next(false, Duration.ofSeconds(8))).isEqualTo(10_000);
  }
}
