package io.netpol.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code routes/counters.camel.yaml}: the counters of each family. */
class CountersRoutesTest {

  private final List<String> read = new ArrayList<>();
  private List<String> tools = List.of("iptables", "ip6tables");
  private RoutesOf routes;

  /** Stands in for {@link io.netpol.observe.metrics.PacketCounters}. */
  public final class CountersStub {
    public List<String> tools() {
      return tools;
    }

    public void read(@Header(NetpolHeaders.TOOL) String tool, @Body String saved) {
      read.add(tool + ": " + saved);
    }
  }

  @BeforeEach
  void start() throws Exception {
    routes =
        new RoutesOf("counters")
            .bean("counters", new CountersStub())
            .property("netpol.counters.interval", "1000")
            .command("iptables.count", "iptables-save", "-c")
            .command("ip6tables.count", "ip6tables-save", "-c")
            .start();
    routes.commands().prints("iptables-save -c", "four").prints("ip6tables-save -c", "six");
  }

  @AfterEach
  void stop() {
    routes.close();
  }

  @Test
  void countersOfEachFamilyAreRead() {
    routes.send("counters", null);
    assertThat(read).containsExactly("iptables: four", "ip6tables: six");
  }

  @Test
  void nothingRunsIfCountersAreOff() {
    tools = List.of();
    routes.send("counters", null);
    assertThat(routes.commands().run()).isEmpty();
  }

  @Test
  void unreadableFamilyDoesNotKeepOthersFromBeingRead() {
    routes.commands().endsWith("iptables-save -c", 4);
    assertThat(routes.send("counters", null).getException()).isNull();
    assertThat(read).containsExactly("ip6tables: six");
  }
}
