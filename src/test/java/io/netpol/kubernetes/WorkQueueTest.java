package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.kubernetes.WorkQueue.Change;
import io.netpol.testing.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkQueueTest {

  private final AtomicLong now = new AtomicLong();
  private final WorkQueue<String> pending = new WorkQueue<>(now::get);

  private Change<String> take() throws InterruptedException {
    return pending.take(Duration.ZERO);
  }

  private void passes(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void theNewestOfEachObjectIsTakenInTheOrderOfTheirFirst() throws Exception {
    pending.add("a", "1", false);
    pending.add("b", "1", false);
    pending.add("a", "2", false);
    pending.add("b", "2", true);
    assertThat(take())
        .usingRecursiveComparison()
        .ignoringFields("receivedMillis", "since")
        .isEqualTo(new Change<>("a", "2", false, 0, 0, 0));
    assertThat(take())
        .usingRecursiveComparison()
        .ignoringFields("receivedMillis", "since")
        .isEqualTo(new Change<>("b", "2", true, 0, 0, 0));
    assertThat(take()).isNull();
  }

  @Test
  void whatFailedWaitsWhileOthersPassAndThenComesWithItsNewest() throws Exception {
    pending.add("a", "1", false);
    pending.retry(take(), "no");
    pending.add("a", "2", false);
    pending.add("b", "1", false);
    assertThat(pending.backlog().named()).containsExactly("a (no)");
    Change<String> other = take();
    assertThat(other.key()).isEqualTo("b");
    pending.taken(other);
    assertThat(take()).isNull();
    passes(Duration.ofMillis(999));
    assertThat(take()).isNull();
    passes(Duration.ofSeconds(1));
    Change<String> again = take();
    assertThat(again)
        .usingRecursiveComparison()
        .ignoringFields("receivedMillis", "since")
        .isEqualTo(new Change<>("a", "2", false, 1, 0, 0));
    assertThat(pending.backlog().failing()).isEqualTo(1);
    pending.taken(again);
    assertThat(pending.backlog().failing()).isZero();
  }

  @Test
  void whatIsBeingSentIsPendingAndFailsUntilItIsTaken() throws Exception {
    pending.add("a", "1", false);
    Change<String> sent = take();
    assertThat(pending.backlog().pending()).isEqualTo(1);
    assertThat(pending.backlog().oldest()).isEqualTo("a");
    pending.retry(sent, "no such route");
    passes(Duration.ofSeconds(1));
    Change<String> again = take();
    assertThat(again.since()).isEqualTo(sent.since());
    assertThat(pending.backlog().named()).containsExactly("a (no such route)");
    assertThat(pending.backlog().waited()).isEqualTo(Duration.ofSeconds(1));
    pending.taken(again);
    assertThat(pending.backlog()).isEqualTo(new Backlog(0, 0, List.of(), 1, null, Duration.ZERO));
  }

  @Test
  void aNewerChangeThatCameDuringAFailureIsKept() throws Exception {
    pending.add("a", "1", false);
    Change<String> taken = take();
    pending.add("a", "2", true);
    pending.retry(taken, "no");
    assertThat(take()).isNull();
    passes(Duration.ofSeconds(1));
    assertThat(take())
        .usingRecursiveComparison()
        .ignoringFields("receivedMillis", "since")
        .isEqualTo(new Change<>("a", "2", true, 1, 0, 0));
    assertThat(take()).isNull();
  }

  @Test
  void aWaitCanBeEnded() throws Exception {
    pending.wake();
    assertThat(pending.take(Duration.ofMinutes(1))).isNull();
  }

  @ParameterizedTest
  @CsvSource({"1,1", "2,2", "3,4", "5,16", "6,30", "1000,30"})
  void theWaitGrowsToHalfAMinute(int failures, long seconds) {
    assertThat(WorkQueue.waitAfter(failures)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void whoWaitsForRoomHasItOnceHalfIsLeft() throws Exception {
    pending.awaitRoom(4);
    for (String key : List.of("a", "b", "c", "d")) {
      pending.add(key, "1", false);
    }
    Thread waiting = waitingForRoom(4);
    take();
    assertThat(waiting.getState() == Thread.State.WAITING).isTrue();
    take();
    waiting.join();
  }

  @Test
  void whatFailedAndWaitsTakesNoRoom() throws Exception {
    pending.add("a", "1", false);
    pending.add("b", "1", false);
    Thread waiting = waitingForRoom(1);
    pending.retry(take(), "no");
    pending.retry(take(), "no");
    waiting.join();
  }

  private Thread waitingForRoom(int most) throws Exception {
    Thread thread =
        new Thread(
            () -> {
              try {
                pending.awaitRoom(most);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.start();
    Eventually.holds("it waits", () -> thread.getState() == Thread.State.WAITING);
    return thread;
  }
}
