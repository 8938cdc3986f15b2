package io.netpol.kubernetes;

import io.netpol.index.ObjectSource;
import io.netpol.index.WatchStatus;
import io.netpol.kubernetes.parse.ResourceType;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsComponent;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpoint;
import org.apache.camel.spi.PropertyConfigurer;

/**
 * Watches Kubernetes objects, under the schemes of camel-kubernetes and one that it lacks, {@code
 * kubernetes-network-policies}. Consumers have one more option than the stock ones, {@code
 * endOfList}; producers support the same operations.
 *
 * <p>It extends {@link KubernetesPodsComponent} because the generator of Camel's metadata finds the
 * documentation of inherited options only in a concrete component.
 */
@org.apache.camel.spi.annotations.Component(WatchedObjectsConstants.SCHEMES)
public class WatchedObjectsComponent extends KubernetesPodsComponent {

  /**
   * Binds the component under each of its schemes, in place of those of camel-kubernetes, and an
   * {@link ObjectSource} that reports the status of its endpoints. Call it before routes are added.
   */
  public static void bind(CamelContext context) {
    for (String scheme : WatchedObjectsConstants.SCHEMES.split(",")) {
      context.getRegistry().bind(scheme, Component.class, new WatchedObjectsComponent());
      // Otherwise Camel would find the stock component by these names.
      bind(context, scheme + "-component", new WatchedObjectsComponentConfigurer());
      bind(context, scheme + "-endpoint", new WatchedObjectsEndpointConfigurer());
    }
    context.getRegistry().bind("kubernetesOutageLog", OutageLog.class, new OutageLog());
    ObjectSource source = () -> status(context);
    context.getRegistry().bind("kubernetesSource", ObjectSource.class, source);
  }

  private static void bind(CamelContext context, String name, PropertyConfigurer configurer) {
    context.getRegistry().bind(name, PropertyConfigurer.class, configurer);
  }

  private static List<WatchStatus> status(CamelContext context) {
    return context.getEndpoints().stream()
        .filter(WatchedObjectsEndpoint.class::isInstance)
        .map(endpoint -> ((WatchedObjectsEndpoint) endpoint).watchState().status())
        .toList();
  }

  @Override
  protected KubernetesPodsEndpoint doCreateEndpoint(
      String uri, String remaining, KubernetesConfiguration config) {
    return new WatchedObjectsEndpoint(
        uri, this, config, ResourceType.ofScheme(uri.split(":", 2)[0]));
  }
}
