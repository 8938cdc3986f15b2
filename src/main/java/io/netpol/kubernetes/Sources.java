package io.netpol.kubernetes;

import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;

/**
 * The components that the agent hears Kubernetes with, under the names that camel-kubernetes has
 * for them.
 *
 * <p>Consumers of {@code kubernetes-pods}, {@code kubernetes-namespaces}, {@code kubernetes-nodes}
 * and {@code kubernetes-network-policies} take one option more than the stock ones: {@value
 * #END_OF_LIST}. Producers are the stock ones.
 */
public final class Sources {

  /**
   * Option of a consumer's URI, false unless given: whether one exchange without body and with the
   * header {@code CamelKubernetesEventAction} = {@value #LISTED} follows when the route has taken
   * every object of the first list.
   */
  public static final String END_OF_LIST = "endOfList";

  /**
   * Header of every exchange: the object's {@code kind}, as {@code NetworkPolicy}; at the end of
   * the first list, that of what was listed.
   */
  public static final String KIND = "NetpolKind";

  /** The text in {@code CamelKubernetesEventAction} that marks the end of the first list. */
  public static final String LISTED = InformerConsumer.LISTED;

  private Sources() {}

  /** Makes the stock schemes watch with informers; to be called before routes are added. */
  public static void bind(CamelContext context) {
    context.getRegistry().bind("kubernetes-pods", Component.class, new WatchedPodsComponent());
    context
        .getRegistry()
        .bind("kubernetes-namespaces", Component.class, new WatchedNamespacesComponent());
    context.getRegistry().bind("kubernetes-nodes", Component.class, new WatchedNodesComponent());
  }

  /** How each kind that is watched is seen now, one view for each source. */
  public static List<View> views(CamelContext context) {
    return context.getEndpoints().stream()
        .filter(Watching.class::isInstance)
        .map(endpoint -> ((Watching) endpoint).memory().view())
        .toList();
  }
}
