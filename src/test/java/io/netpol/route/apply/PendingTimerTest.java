package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The timer of the aggregate runs while something is pending, and rests otherwise. */
class PendingTimerTest {

  private final PendingTimer timer = new PendingTimer(Thread::new, Duration.ZERO);
  private final AtomicInteger runs = new AtomicInteger();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private boolean isResting() {
    return timer.getQueue().isEmpty() && timer.getActiveCount() == 0;
  }

  @Test
  void eachAdditionIsFollowedByThreeRunsAndThenTheTimerRests() throws Exception {
    timer.scheduleAtFixedRate(runs::incrementAndGet, 1, 1, TimeUnit.MILLISECONDS);
    Eventually.holds("nothing is scheduled", this::isResting);
    assertThat(runs).hasValue(0);
    timer.added();
    Eventually.holds("three runs", () -> runs.get() == 3 && isResting());
    timer.added();
    Eventually.holds("three more", () -> runs.get() == 6 && isResting());
  }

  @Test
  void additionDuringARunIsFollowedByTwoMore() throws Exception {
    timer.scheduleAtFixedRate(
        () -> {
          if (runs.incrementAndGet() == 1) {
            timer.added();
          }
        },
        1,
        1,
        TimeUnit.MILLISECONDS);
    timer.added();
    Eventually.holds("two after the first", () -> runs.get() == 3 && isResting());
  }

  @Test
  void taskThatFailsRunsAgain() throws Exception {
    timer.scheduleAtFixedRate(
        () -> {
          runs.incrementAndGet();
          throw new IllegalStateException("no");
        },
        1,
        1,
        TimeUnit.MILLISECONDS);
    timer.added();
    Eventually.holds("all runs", () -> runs.get() == 3);
  }
}
