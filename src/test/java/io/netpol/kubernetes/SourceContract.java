package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.netpol.index.EndOfSnapshot;
import io.netpol.model.Kind;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.health.HealthCheck;
import org.junit.jupiter.api.Test;

/** What the sources do against any API server, a mock or a real one. */
abstract class SourceContract {

  /** The client of the server under test. */
  abstract KubernetesClient client();

  /** A namespace of this test's own that exists. */
  abstract String namespace();

  Pod createPod(String name) {
    return client()
        .pods()
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace())
                .withName(name)
                .addToLabels("app", name)
                .endMetadata()
                .withNewSpec()
                .withAutomountServiceAccountToken(false)
                .addNewContainer()
                .withName("main")
                .withImage("example.invalid/none")
                .endContainer()
                .endSpec()
                .build())
        .create();
  }

  /** Where pods are scheduled, others write them, too: no version of the pod is insisted on. */
  void touchPod(String name, String value) {
    client()
        .pods()
        .inNamespace(namespace())
        .withName(name)
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"metadata\": {\"labels\": {\"v\": \"" + value + "\"}}}");
  }

  void deletePod(String name) {
    client().pods().inNamespace(namespace()).withName(name).withGracePeriod(0).delete();
  }

  private NetworkPolicy createPolicy(String name) {
    return client()
        .network()
        .v1()
        .networkPolicies()
        .resource(
            new NetworkPolicyBuilder()
                .withNewMetadata()
                .withNamespace(namespace())
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withNewPodSelector()
                .endPodSelector()
                .withPolicyTypes("Ingress")
                .endSpec()
                .build())
        .create();
  }

  WatchingRoute pods(String options) throws Exception {
    return new WatchingRoute(
        client(), "kubernetes-pods:client?namespace=" + namespace() + "&endOfList=true" + options);
  }

  private String of(String action, String name) {
    return action + " " + namespace() + "/" + name;
  }

  @Test
  void whatExistsIsAddedThenTheListEndsThenChangesFollow() throws Exception {
    createPod("a");
    createPod("b");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      assertThat(route.told())
          .containsExactlyInAnyOrder(of("ADDED", "a"), of("ADDED", "b"), "LISTED")
          .endsWith("LISTED");
      createPod("c");
      route.awaitTold(of("ADDED", "c"));
      touchPod("a", "1");
      route.awaitTold(of("MODIFIED", "a"));
      deletePod("b");
      route.awaitTold(of("DELETED", "b"));
      assertThat(route.told()).containsOnlyOnce("LISTED");

      var added = route.last(of("ADDED", "a")).getIn();
      assertThat(added.getHeader("CamelKubernetesEventAction")).isEqualTo(Action.ADDED);
      assertThat(added.getHeader("CamelKubernetesEventTimestamp")).isInstanceOf(Long.class);
      assertThat(added.getBody()).isInstanceOf(Pod.class);
      assertThat(added.getBody(Pod.class).getMetadata().getLabels()).containsEntry("app", "a");
      var modified = route.last(of("MODIFIED", "a")).getIn().getBody(Pod.class);
      assertThat(modified.getMetadata().getLabels()).containsEntry("v", "1");
      assertThat(route.last("LISTED").getIn().getBody()).isEqualTo(new EndOfSnapshot(Kind.POD));
      assertThat(route.last("LISTED").getIn().getHeader("CamelKubernetesEventAction"))
          .isEqualTo("LISTED");
    }
  }

  @Test
  void whatWasThereBeforeIsToldAsOfTheFirstListAndNothingElse() throws Exception {
    createPod("a");
    createPod("b");
    try (WatchingRoute route = pods("")) {
      route.hold();
      route.start();
      WatchingRoute.eventually(
          () -> route.health().getState() == HealthCheck.State.UP, route::health);
      createPod("c");
      route.release();
      route.awaitTold(of("ADDED", "c"), "LISTED");
      assertThat(isOfTheFirstList(route, of("ADDED", "a"))).isTrue();
      assertThat(isOfTheFirstList(route, of("ADDED", "c"))).as("came later").isFalse();
      assertThat(isOfTheFirstList(route, "LISTED")).isFalse();
      touchPod("a", "1");
      route.awaitTold(of("MODIFIED", "a"));
      assertThat(isOfTheFirstList(route, of("MODIFIED", "a"))).isFalse();

      route.context().getRouteController().stopRoute("watch");
      createPod("d");
      route.context().getRouteController().startRoute("watch");
      route.awaitTold(of("ADDED", "d"));
      assertThat(isOfTheFirstList(route, of("ADDED", "d"))).as("not the first list").isFalse();
    }
  }

  private static boolean isOfTheFirstList(WatchingRoute route, String event) {
    return route.last(event).getIn().getHeader("NetpolFirstList", false, Boolean.class);
  }

  @Test
  void theEndOfAnEmptyListIsToldToo() throws Exception {
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      assertThat(route.told()).containsExactly("LISTED");
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.UP);
      assertThat(route.health().getDetails()).containsEntry("synced", true);
    }
  }

  @Test
  void theEndOfTheListIsToldOnlyWhereAskedFor() throws Exception {
    createPod("a");
    try (WatchingRoute route =
        new WatchingRoute(client(), "kubernetes-pods:client?namespace=" + namespace()).start()) {
      route.awaitTold(of("ADDED", "a"));
      createPod("b");
      route.awaitTold(of("ADDED", "b"));
      assertThat(route.told()).doesNotContain("LISTED");
    }
  }

  @Test
  void networkPoliciesAreWatchedLikeTheRest() throws Exception {
    createPolicy("web");
    String uri = "kubernetes-network-policies:client?namespace=" + namespace() + "&endOfList=true";
    try (WatchingRoute route = new WatchingRoute(client(), uri).start()) {
      route.awaitTold("LISTED");
      assertThat(route.told()).containsExactly(of("ADDED", "web"), "LISTED");
      assertThat(route.last(of("ADDED", "web")).getIn().getBody())
          .isInstanceOf(NetworkPolicy.class);
      client().network().v1().networkPolicies().inNamespace(namespace()).withName("web").delete();
      route.awaitTold(of("DELETED", "web"));
    }
  }

  @Test
  void namespacesAreWatchedByName() throws Exception {
    String uri = "kubernetes-namespaces:client?endOfList=true&resourceName=" + namespace();
    try (WatchingRoute route = new WatchingRoute(client(), uri).start()) {
      route.awaitTold("LISTED");
      assertThat(route.told()).containsExactly("ADDED " + namespace(), "LISTED");
      client()
          .namespaces()
          .withName(namespace())
          .edit(
              n -> {
                n.getMetadata().setAnnotations(java.util.Map.of("a", "b"));
                return n;
              });
      route.awaitTold("MODIFIED " + namespace());
    }
  }

  @Test
  void oneNodeAmongOthersIsWatchedByName() throws Exception {
    String mine = namespace() + "-mine";
    String other = namespace() + "-other";
    createNode(mine);
    createNode(other);
    String uri = "kubernetes-nodes:client?endOfList=true&resourceName=" + mine;
    try (WatchingRoute route = new WatchingRoute(client(), uri).start()) {
      route.awaitTold("LISTED");
      client().nodes().withName(other).delete();
      client().nodes().withName(mine).delete();
      route.awaitTold("DELETED " + mine);
      assertThat(route.told()).containsExactly("ADDED " + mine, "LISTED", "DELETED " + mine);
    } finally {
      client().nodes().withName(mine).delete();
      client().nodes().withName(other).delete();
    }
  }

  private void createNode(String name) {
    Node node = new NodeBuilder().withNewMetadata().withName(name).endMetadata().build();
    client().nodes().resource(node).create();
  }

  @Test
  void podsAreWatchedByLabel() throws Exception {
    createPod("a");
    createPod("b");
    try (WatchingRoute route = pods("&labelKey=app&labelValue=b").start()) {
      route.awaitTold("LISTED");
      assertThat(route.told()).containsExactly(of("ADDED", "b"), "LISTED");
    }
  }

  @Test
  void anObjectThatTheRouteFailsForHoldsUpTheEndOfTheListButNoOther() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    createPod("bad");
    createPod("good");
    try (WatchingRoute route = pods("").failing(e -> broken.get() && e.endsWith("/bad")).start()) {
      route.awaitTold(of("ADDED", "good"));
      createPod("later");
      route.awaitTold(of("ADDED", "later"));
      route.awaitHealth(h -> Integer.valueOf(1).equals(h.getDetails().get("retries")));
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.DOWN);
      assertThat(route.health().getMessage().orElseThrow())
          .startsWith("the route has failed for Pod: " + namespace() + "/bad (ADDED: ")
          .contains("told to fail");
      assertThat(route.told()).doesNotContain("LISTED");
      touchPod("bad", "newest");
      createPod("latest");
      route.awaitTold(of("ADDED", "latest")); // so the change before it was heard, too
      broken.set(false);
      route.awaitTold("LISTED");
      HasMetadata bad = route.last(of("ADDED", "bad")).getIn().getBody(HasMetadata.class);
      assertThat(bad.getMetadata().getLabels()).containsEntry("v", "newest");
      assertThat(route.told()).endsWith("LISTED").doesNotContain(of("MODIFIED", "bad"));
      route.awaitHealth(h -> Integer.valueOf(0).equals(h.getDetails().get("retries")));
      assertThat(route.health().getState()).isEqualTo(HealthCheck.State.UP);
    }
  }

  @Test
  void theEndOfTheListIsToldAgainWhereTheRouteFails() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    try (WatchingRoute route =
        pods("").failing(e -> e.equals("LISTED") && broken.getAndSet(false)).start()) {
      route.awaitTold("LISTED");
    }
  }

  @Test
  void changesThatPileUpBecomeOne() throws Exception {
    createPod("a");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      route.hold();
      for (int i = 0; i < 30; i++) {
        touchPod("a", "" + i);
      }
      createPod("brief");
      deletePod("brief");
      createPod("end");
      // The change of a that is held, the newest of a, brief, and end.
      route.awaitHealth(h -> Integer.valueOf(4).equals(h.getDetails().get("pending")));
      route.release();
      route.awaitTold(of("ADDED", "end"));
      assertThat(route.told().stream().filter(of("MODIFIED", "a")::equals).count()).isEqualTo(2);
      Pod last = route.last(of("MODIFIED", "a")).getIn().getBody(Pod.class);
      assertThat(last.getMetadata().getLabels()).containsEntry("v", "29");
    }
  }

  @Test
  void afterAStopOfTheRouteItIsToldWhatDiffers() throws Exception {
    createPod("a");
    createPod("b");
    try (WatchingRoute route = pods("").start()) {
      route.awaitTold("LISTED");
      route.context().getRouteController().stopRoute("watch");
      route.forget();
      deletePod("a");
      touchPod("b", "1");
      createPod("c");
      route.context().getRouteController().startRoute("watch");
      route.awaitTold("LISTED", of("DELETED", "a"), of("MODIFIED", "b"), of("ADDED", "c"));
      // A list from a cache that lags may have the new pod without its status, which then follows.
      assertThat(route.told()).filteredOn(told -> !told.equals(of("MODIFIED", "c"))).hasSize(4);
    }
    WatchingRoute.eventually(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().contains("KubernetesConsumer")),
        () -> "a thread is left");
  }
}
