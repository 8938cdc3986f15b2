package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.conntrack.StaleConnections;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.PodRenderer;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Audit beside what else may deny something or end a connection. */
class AuditRulesTest {

  private static final ObjectKey POD = new ObjectKey("shop", "db");
  private static final RenderOptions CLOSED =
      new RenderOptions(
          Set.of(Family.IPV4),
          RenderOptions.PeerForm.IPSET,
          RenderOptions.Accept.ACCEPT,
          RenderOptions.Deny.REJECT,
          RenderOptions.Log.OFF,
          RenderOptions.Unprogrammed.DROP);

  @Test
  void nodeInAuditHasNoRuleThatDenies() {
    String text = iptables(cluster(DefaultIsolation.NODE, true, false));
    assertThat(text)
        .contains("shop/db ingress audited: shop/all")
        .contains("shop/db egress audited: default isolation")
        .doesNotContain("DROP", "REJECT");
  }

  @Test
  void newPodsStayClosedBesideAuditedPolicies() {
    assertThat(iptables(cluster(DefaultIsolation.OFF, false, true)))
        .contains("shop/db ingress audited: shop/all", "not programmed yet\" -j DROP")
        .doesNotContain("REJECT");
  }

  @Test
  void podWhoseRulesAreRefusedIsNotClosedWhereItIsAudited() {
    assertThat(closed(cluster(DefaultIsolation.OFF, false, true)))
        .contains("ingress audited: its rules could not be applied\" -j RETURN")
        .contains("egress denied: its rules could not be applied\" -j REJECT");
    assertThat(closed(cluster(DefaultIsolation.OFF, true, false))).doesNotContain("-j REJECT");
  }

  @Test
  void connectionsThatAreOnlyAuditedAreNeverCut() throws IOException {
    for (boolean audited : new boolean[] {true, false}) {
      Cluster cluster = cluster(DefaultIsolation.OFF, false, audited);
      StaleConnections found = new StaleConnections(cluster, Set.of(POD), Set.of(), Set.of());
      found.read(
          new BufferedReader(
              new StringReader(
                  "ipv4 2 tcp 6 9 ESTABLISHED src=192.0.2.1 dst=10.0.0.1 sport=1001 dport=80"
                      + " packets=1 bytes=60 src=10.0.0.1 dst=192.0.2.1 sport=80 dport=1001"
                      + " packets=0 bytes=0 mark=0 use=1 id=3874556875\n")));
      assertThat(found.read()).isEqualTo(1);
      assertThat(found.forbidden()).hasSize(audited ? 0 : 1);
    }
  }

  private static String iptables(Cluster cluster) {
    return RestoreFiles.of(cluster, CLOSED).byTool().get(IptablesTools.IPTABLES);
  }

  private static String closed(Cluster cluster) {
    return new PodRenderer(cluster, CLOSED, () -> BridgePorts.UNKNOWN)
        .renderQuarantined(cluster.localPod(POD).orElseThrow(), Family.IPV4)
        .map(rules -> new RuleWriter(Family.IPV4).write(rules.chains().values()))
        .orElseThrow()
        .toString();
  }

  /** A pod that a policy without rules isolates for ingress. */
  private static Cluster cluster(DefaultIsolation isolation, boolean auditsAll, boolean audited) {
    Cluster cluster = new Cluster("n1", isolation, auditsAll);
    cluster.put(new Node("n1", List.of(), List.of(Cidr.parse("10.0.0.0/24"))));
    cluster.put(
        new Pod(
            POD, "n1", false, false, Map.of(), List.of(IpAddress.parse("10.0.0.1")), List.of()));
    cluster.put(
        new NetworkPolicy(
            new ObjectKey("shop", "all"),
            LabelSelector.EVERYTHING,
            Map.of(Direction.INGRESS, List.of()),
            audited));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }
}
