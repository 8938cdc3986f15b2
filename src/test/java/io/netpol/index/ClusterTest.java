package io.netpol.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.model.Pod;
import io.netpol.model.PolicyClass;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTest {

  private static final ObjectKey WEB = new ObjectKey("shop", "web");
  private static final LabelSelector APP_API =
      new LabelSelector(List.of(Requirement.equalTo("app", "api")));

  private final Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);

  @Test
  void nothingIsDueBeforeEveryKindIsListed() {
    assertThat(cluster.put(pod(WEB, "n1", "web", "10.0.0.1"))).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.put(policy("deny"))).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.listed(Kind.POD)).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.listed(Kind.NAMESPACE)).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.listed(Kind.NETWORK_POLICY)).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.listed(Kind.NODE)).isEqualTo(AffectedObjects.EVERYTHING);
    assertThat(cluster.listed(Kind.NODE)).isEqualTo(AffectedObjects.NONE);
  }

  @Test
  void policyMakesJustTheLocalPodsDueThatItSelects() {
    list();
    cluster.put(pod(WEB, "n1", "web", "10.0.0.1"));
    cluster.put(pod(new ObjectKey("shop", "far"), "n2", "web", "10.0.1.1"));
    cluster.put(pod(new ObjectKey("play", "web"), "n1", "web", "10.0.0.2"));
    assertThat(cluster.put(policy("deny")).pods()).containsExactly(WEB);
    assertThat(cluster.put(policy("deny")).isEmpty()).as("the same again").isTrue();
    assertThat(cluster.remove(Kind.NETWORK_POLICY, new ObjectKey("shop", "deny")).pods())
        .containsExactly(WEB);
  }

  @Test
  void podElsewhereMakesJustTheSetsDueThatItJoins() {
    list();
    AddressSetKey api =
        new AddressSetKey(
            new Peer.Pods(new NamespaceScope.Named("shop"), APP_API),
            Family.IPV4,
            Optional.empty());
    cluster.track(api);
    ObjectKey far = new ObjectKey("shop", "far");
    assertThat(cluster.put(pod(far, "n2", "web", "10.0.1.1")).isEmpty()).isTrue();
    AffectedObjects change = cluster.put(pod(far, "n2", "api", "10.0.1.1"));
    assertThat(change.sets()).containsExactly(api);
    assertThat(change.pods()).isEmpty();
    assertThat(cluster.members(api)).hasSize(1);
    assertThat(cluster.put(pod(far, "n2", "api", "10.0.1.1")).isEmpty()).isTrue();
    assertThat(cluster.remove(Kind.POD, far).sets()).containsExactly(api);
    assertThat(cluster.members(api)).isEmpty();
  }

  @Test
  void namespaceThatIsNotKnownMatchesNoSelector() {
    list();
    AddressSetKey all =
        new AddressSetKey(
            new Peer.Pods(
                new NamespaceScope.Matching(LabelSelector.EVERYTHING), LabelSelector.EVERYTHING),
            Family.IPV4,
            Optional.empty());
    cluster.put(pod(WEB, "n2", "web", "10.0.0.1"));
    cluster.track(all);
    assertThat(cluster.members(all)).isEmpty();
    assertThat(cluster.put(Namespace.named("shop")).sets()).containsExactly(all);
    assertThat(cluster.members(all)).hasSize(1);
  }

  @Test
  void defaultIsolationHoldsInDirectionsThatNoPolicySelects() {
    Cluster annotated = new Cluster("n1", DefaultIsolation.NAMESPACE);
    annotated.put(new Namespace("shop", Map.of(), Set.of(Direction.INGRESS, Direction.EGRESS)));
    Pod pod = pod(WEB, "n1", "web", "10.0.0.1");
    annotated.put(pod);
    annotated.put(policy("deny"));
    assertThat(annotated.selecting(pod, Direction.INGRESS)).hasSize(1);
    assertThat(annotated.isIsolatedByDefault(pod, Direction.INGRESS)).isTrue();
    assertThat(annotated.isIsolatedByDefault(pod, Direction.EGRESS)).isTrue();
    annotated.put(Namespace.named("play"));
    Pod elsewhere = pod(new ObjectKey("play", "toy"), "n1", "web", "10.0.0.2");
    assertThat(annotated.isIsolatedByDefault(elsewhere, Direction.INGRESS)).isFalse();
  }

  @Test
  void podHeardOfBeforeItsNamespaceIsIsolatedWhereNamespacesMayAskForIt() {
    Cluster annotated = new Cluster("n1", DefaultIsolation.NAMESPACE);
    for (Kind kind : Kind.values()) {
      annotated.listed(kind);
    }
    Pod pod = pod(WEB, "n1", "web", "10.0.0.1");
    annotated.put(pod);
    assertThat(annotated.isIsolatedByDefault(pod, Direction.INGRESS)).isTrue();
    assertThat(annotated.isIsolatedByDefault(pod, Direction.EGRESS)).isTrue();
    AffectedObjects known =
        annotated.put(new Namespace("shop", Map.of(), Set.of(Direction.EGRESS)));
    assertThat(known.pods()).containsExactly(WEB);
    assertThat(annotated.isIsolatedByDefault(pod, Direction.INGRESS)).isFalse();
    assertThat(annotated.isIsolatedByDefault(pod, Direction.EGRESS)).isTrue();
    assertThat(annotated.put(Namespace.named("shop")).pods()).containsExactly(WEB);
    assertThat(annotated.isIsolatedByDefault(pod, Direction.EGRESS)).isFalse();
    annotated.remove(Kind.NAMESPACE, new ObjectKey("", "shop"));
    assertThat(annotated.isIsolatedByDefault(pod, Direction.EGRESS)).isTrue();
  }

  @Test
  void namespaceThatIsNotKnownIsolatesNothingWhereDefaultIsolationIsOff() {
    Pod pod = pod(WEB, "n1", "web", "10.0.0.1");
    cluster.put(pod);
    assertThat(cluster.isIsolatedByDefault(pod, Direction.INGRESS)).isFalse();
  }

  @Test
  void nodeThatComesOrGoesMakesEverythingDue() {
    list();
    Node node = new Node("n1", List.of(), List.of(Cidr.parse("10.0.0.0/24")));
    assertThat(cluster.put(node)).isEqualTo(AffectedObjects.EVERYTHING);
    assertThat(cluster.put(node)).isEqualTo(AffectedObjects.NONE);
    assertThat(cluster.remove(Kind.NODE, new ObjectKey("", "n1")))
        .isEqualTo(AffectedObjects.EVERYTHING);
    assertThat(cluster.remove(Kind.NODE, new ObjectKey("", "n1"))).isEqualTo(AffectedObjects.NONE);
    cluster.put(new Node("n2", List.of(), List.of()));
    assertThat(cluster.remove(Kind.NODE, new ObjectKey("", "n2"))).isEqualTo(AffectedObjects.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "true, deny, none, ingress, default-deny-ingress",
    "true, none, deny, egress, default-deny-egress",
    "true, deny, deny, both, default-deny-both",
    "true, allow, none, ingress, default-allow-ingress",
    "true, allow, allow, both, default-allow-both",
    "true, deny, allow, both, 'default-deny-ingress,default-allow-egress'",
    "true, some, none, ingress, selective",
    "false, deny, deny, both, selective",
    "false, allow, none, ingress, selective",
  })
  void policyHasAClass(boolean all, String ingress, String egress, String type, String effect) {
    Map<Direction, List<Rule>> rules = new java.util.EnumMap<>(Direction.class);
    if (!ingress.equals("none")) {
      rules.put(Direction.INGRESS, rules(ingress));
    }
    if (!egress.equals("none")) {
      rules.put(Direction.EGRESS, rules(egress));
    }
    LabelSelector selector = all ? LabelSelector.EVERYTHING : APP_API;
    PolicyClass found =
        PolicyClass.of(new NetworkPolicy(new ObjectKey("shop", "p"), selector, rules));
    assertThat(found.type()).isEqualTo(type);
    assertThat(found.effect()).isEqualTo(effect);
  }

  private static List<Rule> rules(String effect) {
    return switch (effect) {
      case "deny" -> List.of();
      case "allow" -> List.of(new Rule(List.of(new Peer.Everyone()), List.of(new PortMatch.Any())));
      default ->
          List.of(
              new Rule(List.of(new Peer.Everyone()), List.of(new PortMatch.AllOf(Protocol.TCP))));
    };
  }

  private void list() {
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
  }

  private static NetworkPolicy policy(String name) {
    return new NetworkPolicy(
        new ObjectKey("shop", name),
        LabelSelector.EVERYTHING,
        Map.of(Direction.INGRESS, List.of()));
  }

  private static Pod pod(ObjectKey key, String node, String app, String address) {
    return new Pod(
        key, node, false, false, Map.of("app", app), List.of(IpAddress.parse(address)), List.of());
  }
}
