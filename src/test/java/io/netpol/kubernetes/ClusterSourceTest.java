package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** The sources against the API server that {@code NETPOL_TEST_KUBECONFIG} names. */
@Tag("cluster")
@EnabledIfEnvironmentVariable(
    named = "NETPOL_TEST_KUBECONFIG",
    matches = ".+",
    disabledReason = "NETPOL_TEST_KUBECONFIG names no kubeconfig")
class ClusterSourceTest extends SourceContract {

  private final KubernetesClient client =
      new KubernetesClientBuilder()
          .withConfig(
              new ConfigBuilder(
                      Config.fromKubeconfig(new File(System.getenv("NETPOL_TEST_KUBECONFIG"))))
                  .withWatchReconnectInterval(100)
                  .build())
          .build();

  private String namespace;

  @Override
  KubernetesClient client() {
    return client;
  }

  @Override
  String namespace() {
    return namespace;
  }

  @BeforeEach
  void createNamespace() {
    namespace = "netpol-test-" + Long.toString(System.nanoTime(), 36);
    client
        .namespaces()
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
    try {
      // Where no controller manager makes it, no pod is admitted.
      client
          .serviceAccounts()
          .resource(
              new ServiceAccountBuilder()
                  .withNewMetadata()
                  .withNamespace(namespace)
                  .withName("default")
                  .endMetadata()
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != 409) {
        throw e;
      }
    }
  }

  @AfterEach
  void deleteNamespace() {
    client.pods().inNamespace(namespace).withGracePeriod(0).delete();
    client.network().v1().networkPolicies().inNamespace(namespace).delete();
    client.namespaces().withName(namespace).delete();
    client.close();
  }
}
