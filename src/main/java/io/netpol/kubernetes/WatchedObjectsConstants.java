package io.netpol.kubernetes;

import org.apache.camel.spi.Metadata;

/** Lists headers of watch exchanges, and operations on NetworkPolicies. */
public final class WatchedObjectsConstants {

  /** The schemes of endpoints, starting with the one that camel-kubernetes lacks. */
  static final String SCHEMES =
      "kubernetes-network-policies,kubernetes-pods,kubernetes-namespaces,kubernetes-nodes";

  /** The titles of the schemes, in the same order. */
  static final String TITLES =
      "Kubernetes NetworkPolicies,Kubernetes Pods,Kubernetes Namespaces,Kubernetes Nodes";

  /**
   * Header of every exchange of a consumer: the object's {@code kind}, as {@code NetworkPolicy}.
   */
  @Metadata(label = "consumer", description = "The kind of the object", javaType = "String")
  public static final String KIND = "NetpolKind";

  /** Header, {@code true} or absent. */
  @Metadata(
      label = "consumer",
      description =
          "True if the object existed when the consumer began to watch; absent if it is a change",
      javaType = "Boolean")
  public static final String FIRST_LIST = "NetpolFirstList";

  /** The action of the exchange that follows the last object of the first list. */
  public static final String LISTED = "LISTED";

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

  /** Lists all NetworkPolicies of a namespace, or of all namespaces without one. */
  public static final String LIST_NETWORK_POLICIES_OPERATION = "listNetworkPolicies";

  /** Lists the NetworkPolicies with labels. */
  public static final String LIST_NETWORK_POLICIES_BY_LABELS_OPERATION =
      "listNetworkPoliciesByLabels";

  /** Gets a NetworkPolicy; the body is null if there is none. */
  public static final String GET_NETWORK_POLICY_OPERATION = "getNetworkPolicy";

  /** Creates a NetworkPolicy from a spec. */
  public static final String CREATE_NETWORK_POLICY_OPERATION = "createNetworkPolicy";

  /** Replaces a NetworkPolicy. */
  public static final String UPDATE_NETWORK_POLICY_OPERATION = "updateNetworkPolicy";

  /** Deletes a NetworkPolicy; the body tells whether it existed. */
  public static final String DELETE_NETWORK_POLICY_OPERATION = "deleteNetworkPolicy";

  private WatchedObjectsConstants() {}
}
