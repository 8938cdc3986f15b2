package io.netpol.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NamespaceListBuilder;
import io.fabric8.kubernetes.api.model.NodeListBuilder;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.PodListBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyListBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.netpol.kubernetes.manifest.ManifestException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** All objects are listed, however many pages they come in. */
@EnableKubernetesMockClient
class ClusterListingTest {

  private static final String PODS = "/api/v1/pods";
  private static final String SECOND_PAGE = PODS + "?continue=more&limit=500";

  private static KubernetesMockServer server;
  private static KubernetesClient client;

  @BeforeEach
  void reset() {
    server.reset();
  }

  @BeforeEach
  void serveTheRest() {
    answer("/api/v1/namespaces?limit=500", 200, new NamespaceListBuilder().build());
    answer("/api/v1/nodes?limit=500", 200, new NodeListBuilder().build());
    answer(
        "/apis/networking.k8s.io/v1/networkpolicies?limit=500",
        200,
        new NetworkPolicyListBuilder().build());
    answer(PODS + "?limit=500", 200, page("one", "more"));
  }

  @Test
  void pagesAreReadToTheLast() throws ManifestException {
    answer(SECOND_PAGE, 200, page("two", null));
    assertThat(ClusterListing.read(client).pods())
        .extracting(pod -> pod.key().toString())
        .containsExactly("shop/one", "shop/two");
  }

  @Test
  void listThatExpiresBetweenPagesIsReadAsAWhole() throws ManifestException {
    answer(SECOND_PAGE, 410, new StatusBuilder().withCode(410).withReason("Expired").build());
    answer(PODS, 200, page("all", null));
    assertThat(ClusterListing.read(client).pods())
        .extracting(pod -> pod.key().toString())
        .containsExactly("shop/all");
  }

  @Test
  void refusalNamesTheKind() {
    answer(SECOND_PAGE, 403, new StatusBuilder().withCode(403).withMessage("may not list").build());
    assertThatThrownBy(() -> ClusterListing.read(client))
        .isInstanceOf(ManifestException.class)
        .hasMessage("cannot list objects of kind Pod at %s: may not list", client.getMasterUrl());
  }

  private void answer(String path, int code, Object body) {
    server.expect().get().withPath(path).andReturn(code, body).always();
  }

  private static PodList page(String pod, String next) {
    return new PodListBuilder()
        .withNewMetadata()
        .withContinue(next)
        .endMetadata()
        .addNewItem()
        .withNewMetadata()
        .withNamespace("shop")
        .withName(pod)
        .endMetadata()
        .endItem()
        .build();
  }
}
