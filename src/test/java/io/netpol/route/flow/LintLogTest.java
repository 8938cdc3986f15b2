package io.netpol.route.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.netpol.analysis.lint.Finding;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LintLogTest {

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
  private final LintLog log = new LintLog(cluster);

  @Test
  void findingAboutThisNodesPodsIsLoggedOnceWhileItExists() {
    cluster.put(Namespace.named("shop"));
    cluster.put(Namespace.named("ops"));
    pod("shop", "n1");
    pod("ops", "n2");
    cluster.put(policy("shop"));
    cluster.put(policy("ops"));
    assertThat(log.newFindings()).as("before all is listed").isEmpty();
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }

    assertThat(log.newFindings())
        .extracting(Finding::policy, Finding::code)
        .containsExactly(tuple(new ObjectKey("shop", "http"), Finding.Code.PORT_NAME_UNKNOWN));
    assertThat(log.newFindings()).isEmpty();

    cluster.remove(Kind.NETWORK_POLICY, new ObjectKey("shop", "http"));
    assertThat(log.newFindings()).isEmpty();
    cluster.put(policy("shop"));
    assertThat(log.newFindings()).as("after it was gone").hasSize(1);
  }

  private void pod(String namespace, String node) {
    cluster.put(
        new Pod(
            new ObjectKey(namespace, "pod"),
            node,
            false,
            false,
            Map.of(),
            List.of(IpAddress.parse("10.0.0.1")),
            List.of()));
  }

  private static NetworkPolicy policy(String namespace) {
    Rule rule =
        new Rule(List.of(new Peer.Everyone()), List.of(new PortMatch.Named(Protocol.TCP, "http")));
    return new NetworkPolicy(
        new ObjectKey(namespace, "http"),
        LabelSelector.EVERYTHING,
        Map.of(Direction.INGRESS, List.of(rule)));
  }
}
