package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.Node;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.nodes.KubernetesNodesComponent;
import org.apache.camel.component.kubernetes.nodes.KubernetesNodesComponentConfigurer;
import org.apache.camel.component.kubernetes.nodes.KubernetesNodesEndpoint;
import org.apache.camel.component.kubernetes.nodes.KubernetesNodesEndpointConfigurer;
import org.apache.camel.spi.PropertyConfigurer;

/** The component {@code kubernetes-nodes}, its consumer replaced by {@link InformerConsumer}. */
final class WatchedNodesComponent extends KubernetesNodesComponent {

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    boolean endOfList =
        getAndRemoveParameter(parameters, Sources.END_OF_LIST, boolean.class, false);
    // The stock endpoint of this kind does not know the option that its configuration has.
    String resourceName = getAndRemoveParameter(parameters, "resourceName", String.class);
    Endpoint endpoint = super.createEndpoint(uri, remaining, parameters);
    ((WatchedEndpoint) endpoint).getKubernetesConfiguration().setResourceName(resourceName);
    ((WatchedEndpoint) endpoint).endOfList = endOfList;
    return endpoint;
  }

  @Override
  protected KubernetesNodesEndpoint doCreateEndpoint(
      String uri, String remaining, KubernetesConfiguration config) {
    return new WatchedEndpoint(uri, this, config);
  }

  /** Camel finds a component's configurers by its annotation, which subclasses do not inherit. */
  @Override
  public PropertyConfigurer getComponentPropertyConfigurer() {
    return new KubernetesNodesComponentConfigurer();
  }

  @Override
  public PropertyConfigurer getEndpointPropertyConfigurer() {
    return new KubernetesNodesEndpointConfigurer();
  }

  @Override
  public String getDefaultName() {
    return "kubernetes-nodes";
  }

  private static final class WatchedEndpoint extends KubernetesNodesEndpoint implements Watching {

    private final Memory<Node> memory = Memory.of(Watched.NODES);
    private boolean endOfList;

    WatchedEndpoint(
        String uri, KubernetesNodesComponent component, KubernetesConfiguration config) {
      super(uri, component, config);
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
  }
}
