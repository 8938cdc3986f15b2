package io.netpol.kubernetes;

import static org.apache.camel.component.kubernetes.KubernetesHelper.prepareOutboundMessage;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyList;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.camel.Exchange;
import org.apache.camel.component.kubernetes.AbstractKubernetesEndpoint;
import org.apache.camel.component.kubernetes.KubernetesHelper;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.util.ObjectHelper;

/**
 * Lists, gets, creates, updates and deletes NetworkPolicies, depending on headers.
 *
 * <p>It throws {@link IllegalArgumentException} for a missing header, and the client's {@code
 * KubernetesClientException} if the API server refuses.
 */
public class NetworkPoliciesProducer extends DefaultProducer {

  public NetworkPoliciesProducer(AbstractKubernetesEndpoint endpoint) {
    super(endpoint);
  }

  @Override
  public AbstractKubernetesEndpoint getEndpoint() {
    return (AbstractKubernetesEndpoint) super.getEndpoint();
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    String operation = KubernetesHelper.extractOperation(getEndpoint(), exchange);
    Object result =
        switch (operation) {
          case WatchedObjectsConstants.LIST_NETWORK_POLICIES_OPERATION ->
              inScope(exchange).list().getItems();
          case WatchedObjectsConstants.LIST_NETWORK_POLICIES_BY_LABELS_OPERATION ->
              listByLabels(exchange);
          case WatchedObjectsConstants.GET_NETWORK_POLICY_OPERATION -> named(exchange, "Get").get();
          case WatchedObjectsConstants.CREATE_NETWORK_POLICY_OPERATION ->
              write(exchange, "Create", p -> inNamespace(p).create());
          case WatchedObjectsConstants.UPDATE_NETWORK_POLICY_OPERATION ->
              write(exchange, "Update", p -> inNamespace(p).update());
          case WatchedObjectsConstants.DELETE_NETWORK_POLICY_OPERATION ->
              ObjectHelper.isNotEmpty(named(exchange, "Delete").delete());
          default -> throw new IllegalArgumentException("Unsupported operation " + operation);
        };
    prepareOutboundMessage(exchange, result);
  }

  private Object listByLabels(Exchange exchange) {
    Map<String, String> labels =
        labels(exchange, WatchedObjectsConstants.KUBERNETES_NETWORK_POLICIES_LABELS);
    if (ObjectHelper.isEmpty(labels)) {
      throw new IllegalArgumentException(
          "Get network policies by labels require specify a labels set");
    }
    return inScope(exchange).withLabels(labels).list().getItems();
  }

  private NetworkPolicy write(
      Exchange exchange, String operation, UnaryOperator<NetworkPolicy> write) {
    String name = name(exchange, operation);
    String namespace = requiredNamespace(exchange, operation);
    NetworkPolicySpec spec =
        exchange
            .getIn()
            .getHeader(
                WatchedObjectsConstants.KUBERNETES_NETWORK_POLICY_SPEC, NetworkPolicySpec.class);
    require(spec, operation, "a network policy spec bean");
    return write.apply(
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace(namespace)
            .withLabels(
                labels(exchange, WatchedObjectsConstants.KUBERNETES_NETWORK_POLICIES_LABELS))
            .withAnnotations(
                labels(exchange, WatchedObjectsConstants.KUBERNETES_NETWORK_POLICIES_ANNOTATIONS))
            .endMetadata()
            .withSpec(spec)
            .build());
  }

  private Resource<NetworkPolicy> named(Exchange exchange, String operation) {
    String name = name(exchange, operation);
    return policies().inNamespace(requiredNamespace(exchange, operation)).withName(name);
  }

  private Resource<NetworkPolicy> inNamespace(NetworkPolicy policy) {
    return policies().inNamespace(policy.getMetadata().getNamespace()).resource(policy);
  }

  private FilterWatchListDeletable<NetworkPolicy, NetworkPolicyList, Resource<NetworkPolicy>>
      inScope(Exchange exchange) {
    String namespace = namespace(exchange);
    return ObjectHelper.isEmpty(namespace)
        ? policies().inAnyNamespace()
        : policies().inNamespace(namespace);
  }

  private MixedOperation<NetworkPolicy, NetworkPolicyList, Resource<NetworkPolicy>> policies() {
    return getEndpoint().getKubernetesClient().network().v1().networkPolicies();
  }

  private static String name(Exchange exchange, String operation) {
    String name =
        exchange
            .getIn()
            .getHeader(WatchedObjectsConstants.KUBERNETES_NETWORK_POLICY_NAME, String.class);
    require(name, operation, "a network policy name");
    return name;
  }

  private static String requiredNamespace(Exchange exchange, String operation) {
    String namespace = namespace(exchange);
    require(namespace, operation, "a namespace name");
    return namespace;
  }

  private static String namespace(Exchange exchange) {
    return exchange
        .getIn()
        .getHeader(WatchedObjectsConstants.KUBERNETES_NAMESPACE_NAME, String.class);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, String> labels(Exchange exchange, String header) {
    return exchange.getIn().getHeader(header, Map.class);
  }

  private static void require(Object value, String operation, String what) {
    if (ObjectHelper.isEmpty(value)) {
      throw new IllegalArgumentException(
          operation + " a specific network policy require specify " + what);
    }
  }
}
