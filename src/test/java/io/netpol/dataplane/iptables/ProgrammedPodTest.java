package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A pod counts as programmed if the kernel leads each of its present addresses to its rules. */
class ProgrammedPodTest {

  private static final ObjectKey KEY = new ObjectKey("shop", "web");
  private static final PodInFamily WEB = new PodInFamily(KEY, Family.IPV4);

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.NODE);
  private Dataplane dataplane;

  @BeforeEach
  void start() {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    start(Map.of());
  }

  /** Starts an agent on a kernel with these listings; those of other tools are empty. */
  private void start(Map<KernelTool, String> listings) {
    dataplane = IptablesDataplane.unread(cluster, RenderOptions.DEFAULT);
    dataplane.bridgePorts(BridgePorts.UNKNOWN);
    for (KernelTool tool : IptablesTools.ALL) {
      dataplane.observe(tool, listings.getOrDefault(tool, Listings.empty(tool)));
    }
  }

  @Test
  void podOnABridgeIsNotProgrammedWithAnAddressThatItDidNotHave() {
    put();
    apply();
    put(IpAddress.ipv4(0x0a000001L));
    assertThat(dataplane.isProgrammed(WEB)).isFalse();
    apply();
    assertThat(dataplane.isProgrammed(WEB)).isTrue();
  }

  @Test
  void podIsNotProgrammedWithAnotherAddress() {
    put(IpAddress.ipv4(0x0a000001L));
    apply();
    put(IpAddress.ipv4(0x0a000002L));
    assertThat(dataplane.isProgrammed(WEB)).isFalse();
    apply();
    assertThat(dataplane.isProgrammed(WEB)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, false"})
  void podIsProgrammedAfterARestartIfItsAddressIsThatOfBefore(long address, boolean programmed) {
    put(IpAddress.ipv4(0x0a000001L));
    String table =
        RestoreFiles.of(cluster, RenderOptions.DEFAULT).byTool().get(IptablesTools.IPTABLES);
    assertThat(table).contains("10.0.0.1/32");
    put(IpAddress.ipv4(0x0a000000L + address));
    start(Map.of(IptablesTools.IPTABLES, table.replaceAll("-I (FORWARD|OUTPUT) 1 ", "-A $1 ")));
    dataplane.plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of()).abandon();
    assertThat(dataplane.isProgrammed(WEB)).isEqualTo(programmed);
  }

  private void put(IpAddress... addresses) {
    cluster.put(
        new Pod(KEY, "n1", false, false, Map.of("app", "web"), List.of(addresses), List.of()));
  }

  private void apply() {
    ApplyPlan plan =
        dataplane.plan(ReconcileRequest.everything("test", IptablesTools.ALL), Set.of());
    plan.transactions().forEach(dataplane::confirm);
    plan.finish();
  }
}
