package io.netpol.iptables;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.policy.Cluster;
import io.netpol.policy.DefaultIsolation;
import io.netpol.policy.Direction;
import io.netpol.policy.IpAddress;
import io.netpol.policy.Kind;
import io.netpol.policy.LabelSelector;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Peer;
import io.netpol.policy.Pod;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Rule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is followed before everything is listed. */
class ExpectedSetsTest {

  private final Cluster cluster = new Cluster("here", DefaultIsolation.OFF);
  private final Dataplane dataplane = Dataplane.empty(cluster, RenderOptions.DEFAULT);
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
    dataplane.expect(web);
  }

  private void firstApply() {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    Dataplane.Attempt attempt = dataplane.attempt(Work.everything("the first list"), Set.of());
    attempt.deliveries().forEach(dataplane::delivered);
    attempt.succeeded();
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
