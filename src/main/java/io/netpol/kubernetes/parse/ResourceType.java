package io.netpol.kubernetes.parse;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.util.List;
import java.util.function.Supplier;

/**
 * Describes a kind of object that can be watched.
 *
 * @param scheme the scheme of its endpoints
 * @param type the class of the client
 * @param namespaced whether its objects have namespaces
 * @param blank makes an object without any field set
 */
public record ResourceType<T extends HasMetadata>(
    String scheme, Class<T> type, boolean namespaced, Supplier<T> blank) {

  public static final ResourceType<Pod> PODS =
      new ResourceType<>("kubernetes-pods", Pod.class, true, Pod::new);
  public static final ResourceType<Namespace> NAMESPACES =
      new ResourceType<>("kubernetes-namespaces", Namespace.class, false, Namespace::new);
  public static final ResourceType<Node> NODES =
      new ResourceType<>("kubernetes-nodes", Node.class, false, Node::new);
  public static final ResourceType<NetworkPolicy> NETWORK_POLICIES =
      new ResourceType<>(
          "kubernetes-network-policies", NetworkPolicy.class, true, NetworkPolicy::new);

  /** All kinds. */
  public static final List<ResourceType<?>> ALL =
      List.of(PODS, NAMESPACES, NODES, NETWORK_POLICIES);

  /** Returns the kind whose endpoints have this scheme. */
  public static ResourceType<?> ofScheme(String scheme) {
    return ALL.stream().filter(each -> each.scheme().equals(scheme)).findFirst().orElseThrow();
  }

  /** The number of objects in one page of a list, as for kubectl. */
  public static final long PAGE = 500;

  /** Returns the {@code kind} of the objects, as the API spells it. */
  public String kind() {
    return type.getSimpleName();
  }

  /** Returns an object with only these metadata. */
  public T skeleton(String key, String uid, String resourceVersion) {
    int slash = key.indexOf('/');
    ObjectMeta metadata = new ObjectMeta();
    metadata.setNamespace(slash < 0 ? null : key.substring(0, slash));
    metadata.setName(key.substring(slash + 1));
    metadata.setUid(uid);
    metadata.setResourceVersion(resourceVersion);
    T object = blank.get();
    object.setMetadata(metadata);
    return object;
  }

  /** Returns whether an option has a value: not null and not empty. */
  public static boolean isGiven(String option) {
    return option != null && !option.isEmpty();
  }
}
