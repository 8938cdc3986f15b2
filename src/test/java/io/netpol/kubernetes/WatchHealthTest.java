package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheck.State;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class WatchHealthTest {

  private static final Backlog EMPTY = backlog(0, null, Duration.ZERO);

  private Backlog backlog = EMPTY;
  private final WatchHealth health =
      new WatchHealth(
          "pods",
          "Pod",
          () -> true,
          () -> backlog,
          () -> Duration.ZERO,
          Duration.ofMinutes(5),
          new OutageLog());

  private static Backlog backlog(int pending, String oldest, Duration waited) {
    return new Backlog(pending, 0, List.of(), 0, oldest, waited);
  }

  private HealthCheck.Result call() {
    health.setCamelContext(new DefaultCamelContext());
    return health.call(Map.of());
  }

  @Test
  void changeThatHasWaitedForTenSecondsTurnsReadinessDown() {
    health.synced();
    backlog = backlog(3, "shop/web", Duration.ofSeconds(10));
    assertThat(call().getState()).isEqualTo(State.UP);
    backlog = backlog(3, "shop/web", Duration.ofMillis(10_001));
    assertThat(call().getState()).isEqualTo(State.DOWN);
    assertThat(call().getMessage())
        .hasValue("Pod shop/web has waited for the route for 10 s; 3 changes wait in total");
    backlog = EMPTY;
    assertThat(call().getState()).isEqualTo(State.UP);
  }

  @Test
  void changeThatTheRouteFailsForTurnsReadinessDownWithItsReason() {
    health.synced();
    backlog = new Backlog(2, 2, List.of("shop/web (ADDED: no)"), 7, "shop/web", Duration.ZERO);
    assertThat(call().getMessage())
        .hasValue(
            "the route has failed for Pod: shop/web (ADDED: no) and 1 more; it is retried until"
                + " the route succeeds");
    assertThat(call().getState()).isEqualTo(State.DOWN);
  }
}
