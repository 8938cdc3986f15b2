package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.netpol.kubernetes.parse.ResourceType;
import java.util.Map;
import java.util.function.Function;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.kubernetes.AbstractKubernetesEndpoint;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.namespaces.KubernetesNamespacesProducer;
import org.apache.camel.component.kubernetes.nodes.KubernetesNodesProducer;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpoint;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsProducer;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;

/**
 * Watch Kubernetes NetworkPolicies, Pods, Namespaces and Nodes: every object there is and each
 * change from then on, also across gaps of the watch. Producers perform operations on them.
 */
@UriEndpoint(
    firstVersion = "4.17.0",
    scheme = WatchedObjectsConstants.SCHEMES,
    title = WatchedObjectsConstants.TITLES,
    syntax = "kubernetes-network-policies:masterUrl",
    category = {Category.CONTAINER, Category.CLOUD},
    headersClass = WatchedObjectsConstants.class)
public class WatchedObjectsEndpoint extends KubernetesPodsEndpoint {

  private static final Map<ResourceType<?>, Function<AbstractKubernetesEndpoint, Producer>>
      PRODUCERS =
          Map.of(
              ResourceType.PODS, KubernetesPodsProducer::new,
              ResourceType.NAMESPACES, KubernetesNamespacesProducer::new,
              ResourceType.NODES, KubernetesNodesProducer::new,
              ResourceType.NETWORK_POLICIES, NetworkPoliciesProducer::new);

  private final WatchState<?> state;

  @UriParam(label = "consumer", defaultValue = "false")
  private boolean endOfList;

  WatchedObjectsEndpoint(
      String uri,
      WatchedObjectsComponent component,
      KubernetesConfiguration config,
      ResourceType<?> watched) {
    super(uri, component, config);
    this.state = WatchState.of(watched);
  }

  /** Returns the state of the watch, which outlives the consumer. */
  WatchState<?> watchState() {
    return state;
  }

  @Override
  public Producer createProducer() {
    return PRODUCERS.get(state.watched()).apply(this);
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    Consumer consumer = consumer(processor, state);
    configureConsumer(consumer);
    return consumer;
  }

  private <T extends HasMetadata> Consumer consumer(Processor processor, WatchState<T> known) {
    return new WatchConsumer<>(this, processor, known, endOfList);
  }

  public boolean isEndOfList() {
    return endOfList;
  }

  /**
   * Whether one exchange with the header CamelKubernetesEventAction = LISTED, whose body is an
   * EndOfSnapshot, follows when the route has taken every object of the first list.
   */
  public void setEndOfList(boolean endOfList) {
    this.endOfList = endOfList;
  }
}
