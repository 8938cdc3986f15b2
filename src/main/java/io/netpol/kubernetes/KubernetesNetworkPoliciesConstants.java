package io.netpol.kubernetes;

import org.apache.camel.spi.Metadata;

/** Headers and operations of the component {@code kubernetes-network-policies}. */
public final class KubernetesNetworkPoliciesConstants {

  /** The scheme of its endpoints. */
  public static final String SCHEME_NETWORK_POLICIES = "kubernetes-network-policies";

  @Metadata(label = "producer", description = "The Producer operation", javaType = "String")
  public static final String KUBERNETES_OPERATION = "CamelKubernetesOperation";

  @Metadata(label = "producer", description = "The namespace name", javaType = "String")
  public static final String KUBERNETES_NAMESPACE_NAME = "CamelKubernetesNamespaceName";

  @Metadata(label = "producer", description = "The network policy name", javaType = "String")
  public static final String KUBERNETES_NETWORK_POLICY_NAME = "CamelKubernetesNetworkPolicyName";

  @Metadata(
      label = "producer",
      description = "The spec for a network policy",
      javaType = "io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec")
  public static final String KUBERNETES_NETWORK_POLICY_SPEC = "CamelKubernetesNetworkPolicySpec";

  @Metadata(
      label = "producer",
      description = "The network policy labels",
      javaType = "Map<String, String>")
  public static final String KUBERNETES_NETWORK_POLICIES_LABELS =
      "CamelKubernetesNetworkPoliciesLabels";

  @Metadata(
      label = "producer",
      description = "The network policy annotations",
      javaType = "Map<String, String>")
  public static final String KUBERNETES_NETWORK_POLICIES_ANNOTATIONS =
      "CamelKubernetesNetworkPoliciesAnnotations";

  @Metadata(
      label = "consumer",
      description = "Action watched by the consumer, or the text LISTED at the end of the list",
      javaType = "io.fabric8.kubernetes.client.Watcher.Action")
  public static final String KUBERNETES_EVENT_ACTION = "CamelKubernetesEventAction";

  @Metadata(
      label = "consumer",
      description = "Timestamp of the action watched by the consumer",
      javaType = "long")
  public static final String KUBERNETES_EVENT_TIMESTAMP = "CamelKubernetesEventTimestamp";

  /** All network policies of a namespace, or of all where none is given. */
  public static final String LIST_NETWORK_POLICIES_OPERATION = "listNetworkPolicies";

  /** Those with labels. */
  public static final String LIST_NETWORK_POLICIES_BY_LABELS_OPERATION =
      "listNetworkPoliciesByLabels";

  /** One, or null where there is none. */
  public static final String GET_NETWORK_POLICY_OPERATION = "getNetworkPolicy";

  /** Creates one from a spec. */
  public static final String CREATE_NETWORK_POLICY_OPERATION = "createNetworkPolicy";

  /** Replaces one. */
  public static final String UPDATE_NETWORK_POLICY_OPERATION = "updateNetworkPolicy";

  /** Deletes one; the body says whether there was one. */
  public static final String DELETE_NETWORK_POLICY_OPERATION = "deleteNetworkPolicy";

  private KubernetesNetworkPoliciesConstants() {}
}
