package io.netpol.dataplane.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is followed before everything is listed. */
class ExpectedSetsTest {

  private final Cluster cluster = new Cluster("here", DefaultIsolation.OFF);
  private final Dataplane dataplane = IptablesDataplane.empty(cluster, RenderOptions.DEFAULT);
  private final ObjectKey web = new ObjectKey("shop", "web");

  @Test
  void setsOfPodsThatComeBeforeAllIsListedAreFollowedAtOnce() {
    cluster.put(policy("from-api", "api"));
    comes();
    cluster.put(pod("api", "there", 2));

    assertThat(cluster.tracked()).hasSize(1);
    assertThat(cluster.members(cluster.tracked().iterator().next())).hasSize(1);
    firstApply();
    assertThat(cluster.tracked()).hasSize(1);
  }

  @Test
  void setsThatNoRuleCameToNameAreForgottenAfterTheFirstApply() {
    cluster.put(policy("from-api", "api"));
    cluster.put(policy("from-db", "db"));
    comes();
    assertThat(cluster.tracked()).hasSize(2);

    cluster.remove(Kind.NETWORK_POLICY, new ObjectKey("shop", "from-db"));
    firstApply();

    assertThat(cluster.tracked()).hasSize(1);
  }

  private void comes() {
    cluster.put(pod("web", "here", 1));
    dataplane.prefetchSets(web);
  }

  private void firstApply() {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    ApplyPlan attempt =
        dataplane.plan(ReconcileRequest.everything("the first list", IptablesTools.ALL), Set.of());
    attempt.transactions().forEach(dataplane::confirm);
    attempt.finish();
  }

  private static Pod pod(String app, String node, int number) {
    return new Pod(
        new ObjectKey("shop", app),
        node,
        false,
        false,
        Map.of("app", app),
        List.of(IpAddress.ipv4(0x0a000000L + number)),
        List.of());
  }

  private static NetworkPolicy policy(String name, String peer) {
    Peer from = new Peer.Pods(new Peer.NamespaceScope.Named("shop"), app(peer));
    Rule rule = new Rule(List.of(from), List.of(new PortMatch.Any()));
    return new NetworkPolicy(
        new ObjectKey("shop", name), app("web"), Map.of(Direction.INGRESS, List.of(rule)));
  }

  private static LabelSelector app(String value) {
    return new LabelSelector(List.of(LabelSelector.Requirement.equalTo("app", value)));
  }
}
