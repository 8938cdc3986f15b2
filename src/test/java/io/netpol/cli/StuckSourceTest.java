package io.netpol.cli;

import static io.netpol.cli.TestAgent.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.index.Cluster;
import io.netpol.observe.ApplyExecutor;
import io.netpol.observe.health.LoopHealth;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A route that does not return holds up the source of one kind: liveness says so, and of which. */
@Tag("agent")
class StuckSourceTest {

  /** A source that has nothing to do gives a sign of life once a second. */
  private static final Duration LIMIT = Duration.ofSeconds(3);

  @TempDir private Path folder;
  private final CountDownLatch end = new CountDownLatch(1);

  @Test
  void sourceThatIsNotRidOfItsChangesIsNotAlive() throws Exception {
    FakeTools tools = new FakeTools(folder);
    try (TestAgent agent = new TestAgent(folder, tools.settings())) {
      agent.policy("for-web", "web", "");
      agent.start();
      eventually("ready", agent::isReady);
      LoopHealth health = health(agent.agent().context());
      eventually("up", () -> health.call(Map.of()).getState() == HealthCheck.State.UP);

      Cluster cluster = agent.agent().context().getRegistry().findSingleByType(Cluster.class);
      CountDownLatch held = new CountDownLatch(1);
      Thread holder = new Thread(() -> cluster.withLock(() -> hold(held)));
      holder.start();
      held.await();
      try {
        agent.pod("web", "10.0.0.2");
        eventually("down", () -> health.call(Map.of()).getState() == HealthCheck.State.DOWN);
        // Of the pod, or of the policy, whose watch may tell of it again.
        assertThat(health.call(Map.of()).getMessage().orElseThrow())
            .matches("changes of kind (Pod|NetworkPolicy) have not been processed for \\d+ s");
      } finally {
        end.countDown(); // else the agent waits for it when it is closed
      }
      eventually("up", () -> health.call(Map.of()).getState() == HealthCheck.State.UP);
      eventually("applied", () -> tools.delivered().contains("shop/for-web ingress 1"));
    }
  }

  private Void hold(CountDownLatch held) {
    held.countDown();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  /** As the agent's own, with a limit that a test can wait for. */
  private static LoopHealth health(CamelContext context) {
    ApplyExecutor applier =
        context.getRegistry().lookupByNameAndType("applier", ApplyExecutor.class);
    LoopHealth health = new LoopHealth(applier, LIMIT);
    health.setCamelContext(context);
    return health;
  }
}
