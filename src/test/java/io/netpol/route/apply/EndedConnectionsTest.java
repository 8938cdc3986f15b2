package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.conntrack.ConntrackEntry;
import io.netpol.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EndedConnectionsTest {

  private long now = Long.MAX_VALUE - 1; // the clock may overflow
  private final EndedConnections ended = new EndedConnections(() -> now);

  @Test
  void connectionsAreCheckedAtOnceAndThenPeriodicallyForAWhile() {
    assertThat(ended.isPending()).isFalse();
    ended.add(List.of());
    assertThat(ended.isUrgent()).isFalse();
    ended.add(List.of(to(80)));
    assertThat(ended.isUrgent()).isTrue();
    assertThat(ended.isPending()).isTrue();
    assertThat(ended.take()).containsExactly(to(80));
    assertThat(ended.isUrgent()).isFalse();
    assertThat(ended.isPending()).isFalse();
    now += Duration.ofSeconds(5).toNanos();
    assertThat(ended.isPending()).isTrue();
    ended.add(List.of(to(81)));
    assertThat(ended.take()).containsExactlyInAnyOrder(to(80), to(81));
    now += Duration.ofMinutes(5).toNanos() - 1;
    assertThat(ended.take()).containsExactly(to(81));
    now++;
    assertThat(ended.isPending()).isFalse();
    assertThat(ended.take()).isEmpty();
  }

  @Test
  void oldestConnectionsAreDroppedBeyondTheBound() {
    ended.add(IntStream.rangeClosed(1, 10_001).mapToObj(EndedConnectionsTest::to).toList());
    assertThat(ended.take()).hasSize(10_000).doesNotContain(to(1));
  }

  private static ConntrackEntry to(int port) {
    return new ConntrackEntry(IpAddress.parse("10.0.1.3"), IpAddress.parse("10.0.0.2"), 6, port, 0);
  }
}
