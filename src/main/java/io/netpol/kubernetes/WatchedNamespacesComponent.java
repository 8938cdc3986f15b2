package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.Namespace;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.namespaces.KubernetesNamespacesComponent;
import org.apache.camel.component.kubernetes.namespaces.KubernetesNamespacesComponentConfigurer;
import org.apache.camel.component.kubernetes.namespaces.KubernetesNamespacesEndpoint;
import org.apache.camel.component.kubernetes.namespaces.KubernetesNamespacesEndpointConfigurer;
import org.apache.camel.spi.PropertyConfigurer;

/**
 * The component {@code kubernetes-namespaces}, its consumer replaced by {@link InformerConsumer}.
 */
final class WatchedNamespacesComponent extends KubernetesNamespacesComponent {

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    boolean endOfList =
        getAndRemoveParameter(parameters, Sources.END_OF_LIST, boolean.class, false);
    Endpoint endpoint = super.createEndpoint(uri, remaining, parameters);
    ((WatchedEndpoint) endpoint).endOfList = endOfList;
    return endpoint;
  }

  @Override
  protected KubernetesNamespacesEndpoint doCreateEndpoint(
      String uri, String remaining, KubernetesConfiguration config) {
    return new WatchedEndpoint(uri, this, config);
  }

  /** Camel finds a component's configurers by its annotation, which subclasses do not inherit. */
  @Override
  public PropertyConfigurer getComponentPropertyConfigurer() {
    return new KubernetesNamespacesComponentConfigurer();
  }

  @Override
  public PropertyConfigurer getEndpointPropertyConfigurer() {
    return new KubernetesNamespacesEndpointConfigurer();
  }

  @Override
  public String getDefaultName() {
    return "kubernetes-namespaces";
  }

  private static final class WatchedEndpoint extends KubernetesNamespacesEndpoint
      implements Watching {

    private final Memory<Namespace> memory = Memory.of(Watched.NAMESPACES);
    private boolean endOfList;

    WatchedEndpoint(
        String uri, KubernetesNamespacesComponent component, KubernetesConfiguration config) {
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
