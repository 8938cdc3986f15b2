package io.netpol.observe.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PacketCountersTest {

  private static final ObjectKey WEB = new ObjectKey("shop", "web");
  private static final String CHAIN = Names.podChain(Direction.INGRESS, WEB);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final PacketCounters counters =
      new PacketCounters(
          registry, cluster, IptablesDataplane.empty(cluster, RenderOptions.DEFAULT), true);

  private void pod(ObjectKey key) {
    cluster.put(new Pod(key, "n1", false, false, Map.of(), List.of(), List.of()));
  }

  /** What iptables-save -c prints of a chain with these counts, and of others' chains. */
  private static String saved(String chain, int allowed, int denied) {
    return """
        *filter
        :FORWARD ACCEPT [9:900]
        :%1$s - [0:0]
        [7:700] -A FORWARD -j NWPLCY-FORWARD
        [5:500] -A KUBE-FORWARD -m comment --comment "shop/foreign ingress 1" -j DROP
        [1:60] -A %1$s -s 10.0.0.1/32 -m comment --comment "shop/web itself" -j RETURN
        [%2$d:%3$d] -A %1$s -p tcp -m tcp --dport 80 -m comment --comment "shop/for-web ingress 1: everyone" -j RETURN
        [8:80] -A %1$s -m limit --limit 10/min -m comment --comment "shop/web ingress denied: shop/for-web" -j LOG
        [%4$d:%5$d] -A %1$s -m comment --comment "shop/web ingress denied: shop/for-web, shop/other" -j DROP
        COMMIT
        """
        .formatted(chain, allowed, 60 * allowed, denied, 40 * denied);
  }

  private double packets(String verdict, String policy) {
    return value("netpol.packets", verdict, policy);
  }

  private double value(String name, String verdict, String policy) {
    Counter counter =
        registry.find(name).tags("verdict", verdict, "policy", policy, "pod", "web").counter();
    return counter == null ? -1 : counter.count();
  }

  @Test
  void packetsAndBytesAreCountedByPodAndPolicy() {
    pod(WEB);
    counters.read("iptables", saved(CHAIN, 3, 5));
    assertThat(packets("allowed", "shop/for-web")).isEqualTo(3);
    assertThat(value("netpol.bytes", "allowed", "shop/for-web")).isEqualTo(180);
    assertThat(packets("denied", "shop/for-web, shop/other")).isEqualTo(5);
    assertThat(value("netpol.bytes", "denied", "shop/for-web, shop/other")).isEqualTo(200);
    assertThat(registry.getMeters()).hasSize(4);
  }

  @Test
  void differencesAddUpEvenIfAChainWasRewritten() {
    pod(WEB);
    counters.read("iptables", saved(CHAIN, 3, 5));
    counters.read("iptables", saved(CHAIN, 10, 5));
    assertThat(packets("allowed", "shop/for-web")).isEqualTo(10);
    counters.read("iptables", saved(CHAIN, 2, 0));
    assertThat(packets("allowed", "shop/for-web")).isEqualTo(12);
    assertThat(packets("denied", "shop/for-web, shop/other")).isEqualTo(5);
    counters.read("ip6tables", saved(CHAIN, 1, 1));
    assertThat(packets("allowed", "shop/for-web")).isEqualTo(13);
  }

  @Test
  void auditedPacketsHaveTheirOwnVerdict() {
    pod(WEB);
    counters.read(
        "iptables",
        "[4:160] -A "
            + CHAIN
            + " -m comment --comment \"shop/web ingress audited: shop/for-web\" -j RETURN\n"
            + "COMMIT\n");
    assertThat(packets("audited", "shop/for-web")).isEqualTo(4);
    assertThat(registry.getMeters()).hasSize(2);
  }

  @Test
  void seriesAreRemovedWithTheirPod() {
    pod(WEB);
    counters.read("iptables", saved(CHAIN, 3, 5));
    cluster.remove(Kind.POD, WEB);
    counters.read("iptables", saved(CHAIN, 4, 6));
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void tooManySeriesAreCountedTogether() {
    int pods = PacketCounters.MOST_SERIES / 2 + 10;
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < pods; i++) {
      ObjectKey key = new ObjectKey("shop", "pod-" + i);
      pod(key);
      all.append(saved(Names.podChain(Direction.INGRESS, key), 1, 1));
    }
    counters.read("iptables", all.toString());
    assertThat(registry.find("netpol.packets").counters()).hasSize(PacketCounters.MOST_SERIES + 2);
    assertThat(registry.find("netpol.packets").tags("pod", "", "verdict", "denied").counter())
        .satisfies(counter -> assertThat(counter.count()).isEqualTo(10));
  }

  @Test
  void incompleteListingCountsNothingTwice() {
    pod(WEB);
    counters.read("iptables", saved(CHAIN, 3, 5));
    for (String half : List.of("", "*filter\n", saved(CHAIN, 9, 9).replace("COMMIT\n", ""))) {
      assertThatThrownBy(() -> counters.read("iptables", half))
          .isInstanceOf(UnreadableListing.class);
    }
    counters.read("iptables", saved(CHAIN, 4, 5));
    assertThat(packets("allowed", "shop/for-web")).isEqualTo(4);
  }
}
