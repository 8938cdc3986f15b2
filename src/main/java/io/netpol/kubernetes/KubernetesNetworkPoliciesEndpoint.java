package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import org.apache.camel.Category;
import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpoint;
import org.apache.camel.spi.UriEndpoint;
import org.apache.camel.spi.UriParam;

/** Perform operations on Kubernetes NetworkPolicies and get notified on NetworkPolicy changes. */
@UriEndpoint(
    firstVersion = "4.17.0",
    scheme = KubernetesNetworkPoliciesConstants.SCHEME_NETWORK_POLICIES,
    title = "Kubernetes NetworkPolicies",
    syntax = "kubernetes-network-policies:masterUrl",
    category = {Category.CONTAINER, Category.CLOUD},
    headersClass = KubernetesNetworkPoliciesConstants.class)
public class KubernetesNetworkPoliciesEndpoint extends KubernetesPodsEndpoint implements Watching {

  private final Memory<NetworkPolicy> memory = Memory.of(Watched.NETWORK_POLICIES);

  @UriParam(label = "consumer", defaultValue = "false")
  private boolean endOfList;

  public KubernetesNetworkPoliciesEndpoint(
      String uri, KubernetesNetworkPoliciesComponent component, KubernetesConfiguration config) {
    super(uri, component, config);
  }

  @Override
  public Producer createProducer() throws Exception {
    return new KubernetesNetworkPoliciesProducer(this);
  }

  @Override
  public Memory<?> memory() {
    return memory;
  }

  @Override
  public Consumer createConsumer(Processor processor) throws Exception {
    Consumer consumer = new InformerConsumer<>(this, processor, memory, endOfList);
    configureConsumer(consumer);
    return consumer;
  }

  public boolean isEndOfList() {
    return endOfList;
  }

  /**
   * Whether one exchange without body and with the header CamelKubernetesEventAction = LISTED
   * follows when the route has taken every object of the first list.
   */
  public void setEndOfList(boolean endOfList) {
    this.endOfList = endOfList;
  }
}
