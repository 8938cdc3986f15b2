package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Map;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsComponent;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsComponentConfigurer;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpoint;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpointConfigurer;
import org.apache.camel.spi.PropertyConfigurer;

/** The component {@code kubernetes-pods}, its consumer replaced by {@link InformerConsumer}. */
final class WatchedPodsComponent extends KubernetesPodsComponent {

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
  protected KubernetesPodsEndpoint doCreateEndpoint(
      String uri, String remaining, KubernetesConfiguration config) {
    return new WatchedEndpoint(uri, this, config);
  }

  /** Camel finds a component's configurers by its annotation, which subclasses do not inherit. */
  @Override
  public PropertyConfigurer getComponentPropertyConfigurer() {
    return new KubernetesPodsComponentConfigurer();
  }

  @Override
  public PropertyConfigurer getEndpointPropertyConfigurer() {
    return new KubernetesPodsEndpointConfigurer();
  }

  @Override
  public String getDefaultName() {
    return "kubernetes-pods";
  }

  private static final class WatchedEndpoint extends KubernetesPodsEndpoint implements Watching {

    private final Memory<Pod> memory = Memory.of(Watched.PODS);
    private boolean endOfList;

    WatchedEndpoint(String uri, KubernetesPodsComponent component, KubernetesConfiguration config) {
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
