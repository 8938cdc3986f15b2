package io.netpol.observe.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netpol.net.Family;
import io.netpol.observe.Bridges;
import io.netpol.observe.metrics.BridgeMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheck.State;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BridgeHealthTest {

  private static final String IPV4 = "bridge-nf-call-iptables";
  private static final String IPV6 = "bridge-nf-call-ip6tables";

  @TempDir private Path folder;
  private Path devices;
  private Path settings;

  @BeforeEach
  void device() throws IOException {
    devices = Files.createDirectories(folder.resolve("net"));
    settings = Files.createDirectories(folder.resolve("bridge"));
    Files.createDirectories(devices.resolve("eth0"));
  }

  @Test
  void nodeWithoutABridgeHasNoDetail() {
    assertThat(unfiltered(EnumSet.allOf(Family.class))).isNull();
  }

  @Test
  void bridgeWithOneDeviceHasNoDetail() throws IOException {
    bridge("cni0", "veth1");
    assertThat(unfiltered(EnumSet.allOf(Family.class))).isNull();
  }

  @Test
  void bridgeThatBypassesTheRulesIsNamedAndReadinessStaysUp() throws IOException {
    bridge("cni0", "veth1", "veth2");
    Files.writeString(settings.resolve(IPV4), "1\n");
    Files.writeString(settings.resolve(IPV6), "0\n");
    assertThat(unfiltered(EnumSet.allOf(Family.class)))
        .contains("cni0", "net.bridge." + IPV6)
        .doesNotContain(IPV4);
    assertThat(unfiltered(Set.of(Family.IPV4))).as("where only IPv4 is enforced").isNull();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    new BridgeMetrics(health(EnumSet.allOf(Family.class))).bindTo(meters);
    assertThat(meters.get("netpol.bridges.unfiltered").tag("family", "ipv4").gauge().value())
        .isZero();
    assertThat(meters.get("netpol.bridges.unfiltered").tag("family", "ipv6").gauge().value())
        .isEqualTo(1);
  }

  @Test
  void nothingIsFilteredWithoutBrNetfilter() throws IOException {
    bridge("cni0", "veth1", "veth2");
    assertThat(unfiltered(EnumSet.allOf(Family.class))).contains(IPV4, IPV6);
  }

  private void bridge(String name, String... ports) throws IOException {
    for (String port : ports) {
      Files.createDirectories(devices.resolve(name).resolve("brif").resolve(port));
    }
  }

  private BridgeHealth health(Set<Family> families) {
    BridgeHealth health = new BridgeHealth(new Bridges(devices, settings), families);
    health.setCamelContext(new DefaultCamelContext());
    return health;
  }

  /** Returns the detail of readiness; null if there is none. */
  private String unfiltered(Set<Family> families) {
    HealthCheck.Result result = health(families).call(Map.of());
    assertThat(result.getState()).isEqualTo(State.UP);
    return (String) result.getDetails().get("unfiltered");
  }
}
