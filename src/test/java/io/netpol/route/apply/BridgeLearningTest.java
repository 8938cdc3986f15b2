package io.netpol.route.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BridgeLearningTest {

  private static final ObjectKey POD = new ObjectKey("a", "b");

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final BridgeLearning learning =
      new BridgeLearning(
          cluster,
          IptablesDataplane.empty(cluster, RenderOptions.DEFAULT),
          RenderOptions.Filter.ON,
          Duration.ofMinutes(1),
          () -> true,
          () -> 0);

  /** As during a reload of the routes. */
  @Test
  void learnedPortsArePendingUntilARouteHasTakenThem() {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    assertThat(learning.isFirst()).isTrue();
    assertThat(learning.learned(look())).as("the first apply follows").isNull();
    learning.questions(look());
    cluster.put(
        new Pod(
            POD, "n1", false, false, Map.of(), List.of(IpAddress.parse("10.0.0.5")), List.of()));

    ReconcileRequest learned = learning.learned(look());
    assertThat(learned.podKeys()).containsExactly(POD);
    learning.failed(new IllegalStateException("no route takes it"));
    assertThat(learning.learned(look())).isEqualTo(learned);
    learning.questions(look());
    assertThat(learning.learned(look())).isNull();
  }

  private BridgeLearning.Snapshot look() {
    BridgeLearning.Snapshot snapshot =
        learning.begin(
            """
            [{"ifindex":1,"ifname":"lo"},
             {"ifindex":2,"ifname":"cni0","linkinfo":{"info_kind":"bridge"},
              "addr_info":[{"local":"10.0.0.1","prefixlen":24,"scope":"global"}]},
             {"ifindex":3,"ifname":"veth1","master":"cni0","link_netnsid":0,
              "linkinfo":{"info_kind":"veth"}}]""");
    learning.neighbours(
        snapshot, "[{\"dst\":\"10.0.0.5\",\"dev\":\"cni0\",\"lladdr\":\"0a:00:00:00:00:01\"}]");
    learning.forwarding(
        snapshot,
        "[{\"mac\":\"0a:00:00:00:00:01\",\"ifname\":\"veth1\",\"master\":\"cni0\",\"state\":\"\"}]");
    return snapshot;
  }
}
