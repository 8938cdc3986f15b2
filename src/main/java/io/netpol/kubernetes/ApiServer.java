package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.netpol.kubernetes.manifest.ManifestException;
import io.netpol.kubernetes.manifest.Manifests;
import io.netpol.kubernetes.parse.ReadableObjects;
import io.netpol.kubernetes.parse.Reason;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;

/**
 * Holds the connection to an API server, so that nothing above this package knows the client's
 * classes.
 */
public final class ApiServer implements AutoCloseable {

  /** The first delay before a reconnect, in milliseconds; the client doubles it five times. */
  private static final int RECONNECT_MILLIS = 250;

  private final KubernetesClient client;

  private ApiServer(KubernetesClient client) {
    this.client = client;
  }

  /** Connects an agent: the client retries watches for ever. */
  public static ApiServer watched(Config config) {
    Config patient =
        new ConfigBuilder(config)
            .withWatchReconnectInterval(RECONNECT_MILLIS)
            .withWatchReconnectLimit(-1)
            // The sources retry by themselves, and report every failure to health checks at once.
            .withRequestRetryBackoffLimit(1)
            .build();
    return new ApiServer(
        new KubernetesClientBuilder()
            .withConfig(patient)
            .withKubernetesSerialization(ReadableObjects.serialization())
            .build());
  }

  /** Connects an agent with the text of a kubeconfig, which is not checked. */
  public static ApiServer watched(String kubeconfig) {
    return watched(Config.fromKubeconfig(kubeconfig));
  }

  /**
   * Connects an agent.
   *
   * @param timeout the time limit of one request, such as a page of a list
   * @throws ManifestException if no cluster is configured, or a file or certificate cannot be used
   */
  public static ApiServer watched(ApiServerAccess access, Duration timeout)
      throws ManifestException {
    Config config = access.config();
    config.setRequestTimeout((int) timeout.toMillis());
    return connect(config, ApiServer::watched);
  }

  /**
   * Connects a command, which does not retry.
   *
   * @throws ManifestException if no cluster is configured, or a file or certificate cannot be used
   */
  public static ApiServer once(ApiServerAccess access) throws ManifestException {
    Config config = access.config();
    config.setRequestRetryBackoffLimit(1);
    return connect(config, c -> new ApiServer(new KubernetesClientBuilder().withConfig(c).build()));
  }

  private static ApiServer connect(Config config, Function<Config, ApiServer> make)
      throws ManifestException {
    return used(config.getMasterUrl(), () -> make.apply(config));
  }

  /**
   * Runs something that uses the certificates, keys and commands of the kubeconfig, which may turn
   * out to be invalid.
   */
  static <T> T used(String what, Supplier<T> use) throws ManifestException {
    try {
      return use.get();
    } catch (RuntimeException e) {
      throw new ManifestException(
          "cannot use "
              + what
              + ": "
              + Reason.of(e).lines().findFirst().orElse("it is not said why"));
    }
  }

  /**
   * Lists all Namespaces, Pods, Nodes and NetworkPolicies.
   *
   * @throws ManifestException if the API server cannot be reached or refuses; the message names the
   *     kind
   */
  public Manifests list() throws ManifestException {
    return ClusterListing.read(client);
  }

  /** Binds the client and the components that watch by it; the context closes it when it stops. */
  public void bind(CamelContext context) {
    context.getRegistry().bind("kubernetesClient", KubernetesClient.class, client);
    WatchedObjectsComponent.bind(context);
  }

  /** Returns a publisher of Events that the node reports. */
  public KubernetesEventPublisher events(String node) {
    return new KubernetesEventPublisher(client, node);
  }

  /** Returns the client, for tests and the demo. */
  public KubernetesClient client() {
    return client;
  }

  @Override
  public void close() {
    client.close();
  }
}
