package io.netpol.kubernetes;

import org.apache.camel.component.kubernetes.KubernetesConfiguration;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsComponent;
import org.apache.camel.component.kubernetes.pods.KubernetesPodsEndpoint;
import org.apache.camel.spi.annotations.Component;

/**
 * The component that camel-kubernetes lacks: network policies, to watch and to change.
 *
 * <p>It is a {@link KubernetesPodsComponent} because the generator of Camel's metadata finds the
 * documentation of inherited options only at a concrete component.
 */
@Component(KubernetesNetworkPoliciesConstants.SCHEME_NETWORK_POLICIES)
public class KubernetesNetworkPoliciesComponent extends KubernetesPodsComponent {

  @Override
  protected KubernetesPodsEndpoint doCreateEndpoint(
      String uri, String remaining, KubernetesConfiguration config) {
    return new KubernetesNetworkPoliciesEndpoint(uri, this, config);
  }
}
