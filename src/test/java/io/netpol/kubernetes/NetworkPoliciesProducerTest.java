package io.netpol.kubernetes;

import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_NAMESPACE_NAME;
import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_NETWORK_POLICIES_ANNOTATIONS;
import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_NETWORK_POLICIES_LABELS;
import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_NETWORK_POLICY_NAME;
import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_NETWORK_POLICY_SPEC;
import static io.netpol.kubernetes.WatchedObjectsConstants.KUBERNETES_OPERATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnableKubernetesMockClient(crud = true)
class NetworkPoliciesProducerTest {

  private static final NetworkPolicySpec SPEC =
      new NetworkPolicySpecBuilder().withPolicyTypes("Ingress").build();

  static KubernetesClient client;

  private static final DefaultCamelContext CONTEXT = new DefaultCamelContext();
  private static ProducerTemplate template;

  @BeforeAll
  static void start() {
    CONTEXT.getRegistry().bind("client", KubernetesClient.class, client);
    CONTEXT.start();
    template = CONTEXT.createProducerTemplate();
  }

  @AfterAll
  static void stop() {
    CONTEXT.stop();
  }

  private Object send(String operation, Map<String, Object> headers) {
    Map<String, Object> all = new HashMap<>(headers);
    all.put(KUBERNETES_OPERATION, operation);
    return template.requestBodyAndHeaders("kubernetes-network-policies:client", null, all);
  }

  private static Map<String, Object> named(String namespace, String name) {
    return Map.of(KUBERNETES_NAMESPACE_NAME, namespace, KUBERNETES_NETWORK_POLICY_NAME, name);
  }

  private Object write(String operation, String namespace, String name, String team) {
    Map<String, Object> headers = new HashMap<>(named(namespace, name));
    headers.put(KUBERNETES_NETWORK_POLICY_SPEC, SPEC);
    headers.put(KUBERNETES_NETWORK_POLICIES_LABELS, Map.of("team", team));
    headers.put(KUBERNETES_NETWORK_POLICIES_ANNOTATIONS, Map.of("why", "test"));
    return send(operation, headers);
  }

  @SuppressWarnings("unchecked")
  private List<String> list(String operation, Map<String, Object> headers) {
    return ((List<NetworkPolicy>) send(operation, headers))
        .stream().map(p -> p.getMetadata().getName()).sorted().toList();
  }

  @Test
  void createsGetsListsUpdatesAndDeletes() {
    NetworkPolicy created = (NetworkPolicy) write("createNetworkPolicy", "shop", "a", "red");
    assertThat(created.getMetadata().getAnnotations()).containsEntry("why", "test");
    write("createNetworkPolicy", "shop", "b", "blue");
    write("createNetworkPolicy", "other", "c", "red");

    assertThat(list("listNetworkPolicies", Map.of())).containsExactly("a", "b", "c");
    assertThat(list("listNetworkPolicies", Map.of(KUBERNETES_NAMESPACE_NAME, "shop")))
        .containsExactly("a", "b");
    Map<String, Object> red = Map.of(KUBERNETES_NETWORK_POLICIES_LABELS, Map.of("team", "red"));
    assertThat(list("listNetworkPoliciesByLabels", red)).containsExactly("a", "c");

    write("updateNetworkPolicy", "shop", "a", "green");
    NetworkPolicy got = (NetworkPolicy) send("getNetworkPolicy", named("shop", "a"));
    assertThat(got.getMetadata().getLabels()).containsEntry("team", "green");
    assertThat(got.getSpec().getPolicyTypes()).containsExactly("Ingress");

    assertThat(send("deleteNetworkPolicy", named("shop", "a"))).isEqualTo(true);
    assertThat(send("deleteNetworkPolicy", named("shop", "a"))).isEqualTo(false);
    assertThat(send("getNetworkPolicy", named("shop", "a"))).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "getNetworkPolicy,a network policy name",
    "deleteNetworkPolicy,a network policy name",
    "createNetworkPolicy,a network policy name",
    "updateNetworkPolicy,a network policy name",
    "listNetworkPoliciesByLabels,a labels set",
    "nonsense,Unsupported operation nonsense",
  })
  void aMissingHeaderIsNamed(String operation, String message) {
    assertThatThrownBy(() -> send(operation, Map.of()))
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "getNetworkPolicy,a namespace name",
    "deleteNetworkPolicy,a namespace name",
    "createNetworkPolicy,a namespace name",
  })
  void aMissingNamespaceIsNamed(String operation, String message) {
    assertThatThrownBy(() -> send(operation, Map.of(KUBERNETES_NETWORK_POLICY_NAME, "a")))
        .rootCause()
        .hasMessageContaining(message);
  }

  @Test
  void aMissingSpecIsNamed() {
    assertThatThrownBy(() -> send("createNetworkPolicy", named("shop", "a")))
        .rootCause()
        .hasMessageContaining("a network policy spec bean");
  }
}
