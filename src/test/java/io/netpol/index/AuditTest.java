package io.netpol.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AuditTest {

  private static final ObjectKey AUDITED = new ObjectKey("shop", "audited");
  private static final ObjectKey ENFORCED = new ObjectKey("shop", "enforced");
  private static final Pod WEB = pod("web", 1);
  private static final Pod API = pod("api", 2);
  private static final Pod DB = pod("db", 3);

  @Test
  void deniesNothingByItself() {
    Cluster cluster = cluster(DefaultIsolation.OFF, false, policy(AUDITED, "api", true));
    assertThat(ingress(cluster, WEB)).isEqualTo(new Decision.Audited(DB.key(), List.of(AUDITED)));
    assertThat(ingress(cluster, WEB).allows()).isTrue();
    assertThat(ingress(cluster, API)).isInstanceOf(Decision.AllowedBy.class);
    assertThat(ifEnforced(cluster, WEB).allows()).isFalse();
    assertThat(ifEnforced(cluster, API).allows()).isTrue();
  }

  @Test
  void opensNothingThatAnotherDenies() {
    Cluster cluster =
        cluster(
            DefaultIsolation.OFF,
            false,
            policy(AUDITED, "api", true),
            policy(ENFORCED, "web", false));
    assertThat(ingress(cluster, WEB)).isInstanceOf(Decision.AllowedBy.class);
    assertThat(ingress(cluster, API)).isEqualTo(new Decision.Denied(DB.key(), List.of(ENFORCED)));
    assertThat(ifEnforced(cluster, API).allows()).isTrue();
  }

  @Test
  void opensNothingThatDefaultIsolationDenies() {
    Cluster cluster = cluster(DefaultIsolation.NODE, false, policy(AUDITED, "api", true));
    assertThat(ingress(cluster, API)).isEqualTo(new Decision.Denied(DB.key(), List.of()));
    assertThat(ifEnforced(cluster, API).allows()).isTrue();
  }

  @Test
  void wholeNodeInAuditDeniesNothing() {
    Cluster cluster =
        cluster(
            DefaultIsolation.NODE,
            true,
            policy(AUDITED, "api", true),
            policy(ENFORCED, "web", false));
    for (Pod from : List.of(WEB, API)) {
      assertThat(ingress(cluster, from)).isInstanceOf(Decision.AllowedBy.class);
    }
    assertThat(ingress(cluster, pod("other", 9)))
        .isEqualTo(new Decision.Audited(DB.key(), List.of(AUDITED, ENFORCED)));
    Cluster onlyDefault = cluster(DefaultIsolation.NODE, true);
    assertThat(ingress(onlyDefault, WEB)).isEqualTo(new Decision.Audited(DB.key(), List.of()));
  }

  @Test
  void enforcingTakesEffectAtOnce() {
    Cluster cluster = cluster(DefaultIsolation.OFF, false, policy(AUDITED, "api", true));
    AffectedObjects change = cluster.put(policy(AUDITED, "api", false));
    assertThat(change.pods()).containsExactly(DB.key());
    assertThat(ingress(cluster, WEB).allows()).isFalse();
  }

  private static Decision ingress(Cluster cluster, Pod from) {
    return new Evaluator(cluster)
        .verdict(Endpoint.of(from, Family.IPV4), Endpoint.of(DB, Family.IPV4), Protocol.TCP, 80)
        .ingress();
  }

  private static Decision ifEnforced(Cluster cluster, Pod from) {
    return new Evaluator(cluster)
        .ifEnforced()
        .verdict(Endpoint.of(from, Family.IPV4), Endpoint.of(DB, Family.IPV4), Protocol.TCP, 80)
        .ingress();
  }

  private static Cluster cluster(
      DefaultIsolation isolation, boolean auditsAll, NetworkPolicy... policies) {
    Cluster cluster = new Cluster("n1", isolation, auditsAll);
    cluster.put(new Namespace("shop", Map.of(), Set.of()));
    List.of(WEB, API, DB).forEach(cluster::put);
    List.of(policies).forEach(cluster::put);
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static NetworkPolicy policy(ObjectKey key, String from, boolean audited) {
    Peer peer = new Peer.Pods(new Peer.NamespaceScope.Named("shop"), selector(from));
    Rule rule = new Rule(List.of(peer), List.of(new PortMatch.Any()));
    return new NetworkPolicy(
        key, selector("db"), Map.of(Direction.INGRESS, List.of(rule)), audited);
  }

  private static LabelSelector selector(String app) {
    return new LabelSelector(List.of(Requirement.equalTo("app", app)));
  }

  private static Pod pod(String name, int address) {
    return new Pod(
        new ObjectKey("shop", name),
        "n1",
        false,
        false,
        Map.of("app", name),
        List.of(IpAddress.ipv4(0x0a000000L | address)),
        List.of());
  }
}
