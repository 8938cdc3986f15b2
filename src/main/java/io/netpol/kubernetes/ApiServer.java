package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;

/**
 * Holds the connection to an API server, so that nothing above this package knows the client's
 * classes.
 */
public final class ApiServer implements AutoCloseable {

  /** Before the API server is tried again after it went away; the client doubles it five times. */
  private static final int RECONNECT_MILLIS = 250;

  private final KubernetesClient client;

  private ApiServer(KubernetesClient client) {
    this.client = client;
  }

  /** Connects for an agent: the client never gives up a watch. */
  public static ApiServer watched(Config config) {
    Config patient =
        new ConfigBuilder(config)
            .withWatchReconnectInterval(RECONNECT_MILLIS)
            .withWatchReconnectLimit(-1)
            // The sources try again by themselves, and tell health of every failure at once.
            .withRequestRetryBackoffLimit(1)
            .build();
    return new ApiServer(
        new KubernetesClientBuilder()
            .withConfig(patient)
            .withKubernetesSerialization(ReadableObjects.serialization())
            .build());
  }

  /** Connects an agent by the text of a kubeconfig; it is taken as right. */
  public static ApiServer watched(String kubeconfig) {
    return watched(Config.fromKubeconfig(kubeconfig));
  }

  /**
   * Connects an agent.
   *
   * @param timeout of one request, a list's page for example
   * @throws ManifestException if no cluster is known, or a file or certificate cannot be used
   */
  public static ApiServer watched(ApiServerAccess access, Duration timeout)
      throws ManifestException {
    Config config = access.config();
    config.setRequestTimeout((int) timeout.toMillis());
    return connect(config, ApiServer::watched);
  }

  /**
   * Connects somebody who waits for one answer.
   *
   * @throws ManifestException if no cluster is known, or a file or certificate cannot be used
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
   * Returns what a certificate, a key or a command of the kubeconfig is worth shows when it is
   * used.
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
   * Lists all objects that decide who may talk to whom.
   *
   * @throws ManifestException if the API server cannot be asked or refuses; it names the kind
   */
  public Manifests list() throws ManifestException {
    return ClusterListing.read(client);
  }

  /** Binds the client and the components that watch by it; the context closes it when it stops. */
  public void bind(CamelContext context) {
    context.getRegistry().bind("kubernetesClient", KubernetesClient.class, client);
    WatchedObjectsComponent.bind(context);
  }

  /** Publishes Events that this node reports. */
  public KubernetesEventPublisher events(String node) {
    return new KubernetesEventPublisher(client, node);
  }

  /** Returns the client, for those who play the API server's part in a test or the demo. */
  public KubernetesClient client() {
    return client;
  }

  @Override
  public void close() {
    client.close();
  }
}
