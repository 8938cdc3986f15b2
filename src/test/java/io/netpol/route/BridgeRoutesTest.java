package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.apply.BridgeLearning;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/bridge.camel.yaml}: the bridge port of each pod is learned. */
class BridgeRoutesTest {

  private static final String ADDRESS = "ip -json -details address show";
  private static final String NEIGHBOUR = "ip -json neighbour show";
  private static final String FDB = "bridge -json fdb show";
  private static final String BATCH = "ip -force -batch -";

  private final List<String> steps = new ArrayList<>();
  private boolean pending;
  private boolean ports = true;
  private String learned = "moved pods";
  private String questions;
  private RoutesOf routes;

  /** Stands in for {@link BridgeLearning}. */
  public final class BridgeLearningStub {
    public boolean isDue() {
      return pending;
    }

    public String begin(@Body String devices) {
      steps.add("devices: " + devices);
      return "snapshot";
    }

    public boolean hasPorts(@Variable(NetpolHeaders.BRIDGES) String snapshot) {
      return ports && snapshot.equals("snapshot");
    }

    public void neighbours(@Body String printed) {
      steps.add("neighbours: " + printed);
    }

    public void forwarding(@Body String printed) {
      steps.add("forwarding: " + printed);
    }

    public String learned() {
      return learned;
    }

    public String questions() {
      return questions;
    }

    public void failed(@ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Exception why) {
      steps.add("failed: " + why.getMessage());
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("bridge")
            .bean("bridgeLearning", new BridgeLearningStub())
            .command("ip-address", "ip", "-json -details address show")
            .command("ip-neighbour", "ip", "-json neighbour show")
            .command("bridge-fdb", "bridge", "-json fdb show")
            .command("ip-batch", "ip", "-force -batch -")
            .property("netpol.exec.ip-batch.exit-values", "0,1")
            .start();
    routes.commands().prints(ADDRESS, "br0").prints(NEIGHBOUR, "mac 1").prints(FDB, "port 1");
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void portsAreLearnedOnlyWhenPending() {
    routes.send("bridge-ports", null);
    assertThat(routes.sentTo("direct:learn-bridge-ports")).isEmpty();
    pending = true;
    routes.send("bridge-ports", null);
    assertThat(routes.sentTo("direct:learn-bridge-ports")).hasSize(1);
  }

  @Test
  void devicesNeighboursAndForwardingTablesAreReadAndChangesBecomePending() {
    routes.send("learn-bridge-ports", "input that no command gets");
    assertThat(routes.commands().run()).containsExactly(ADDRESS, NEIGHBOUR, FDB);
    assertThat(steps).containsExactly("devices: br0", "neighbours: mac 1", "forwarding: port 1");
    assertThat(routes.sentTo("direct:pending")).containsExactly("moved pods");
  }

  @Test
  void nothingElseIsReadIfNoBridgeHasPorts() {
    ports = false;
    routes.send("learn-bridge-ports", null);
    assertThat(routes.commands().run()).containsExactly(ADDRESS);
    assertThat(routes.sentTo("direct:pending"))
        .as("they may be gone")
        .containsExactly("moved pods");
  }

  @Test
  void nothingIsPendingIfNothingChanged() {
    learned = null;
    routes.send("learn-bridge-ports", null);
    assertThat(routes.sentTo("direct:pending")).isEmpty();
  }

  @Test
  void kernelProbesPodsThatWereNotFound() {
    questions = "neigh replace 10.0.0.1";
    routes.commands().endsWith(BATCH, 1);
    assertThat(routes.send("learn-bridge-ports", null).getException()).isNull();
    assertThat(routes.commands().run()).endsWith(BATCH + " < neigh replace 10.0.0.1");
    assertThat(steps).as("status 1 says that one of them failed").noneMatch(isFailure());
  }

  @Test
  void failureIsReportedAndEndsTheSnapshot() {
    routes.commands().endsWith(NEIGHBOUR, 1);
    assertThat(routes.send("learn-bridge-ports", null).getException()).isNull();
    assertThat(steps)
        .containsExactly("devices: br0", "failed: " + NEIGHBOUR + " ended with status 1");
    assertThat(routes.sentTo("direct:pending")).isEmpty();
  }

  private static java.util.function.Predicate<String> isFailure() {
    return step -> step.startsWith("failed");
  }
}
