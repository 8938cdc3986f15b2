package io.netpol.lab;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs an API server inside this process that holds the objects of a lab, on the loopback address.
 */
public final class EmbeddedApiServer implements AutoCloseable {

  private final KubernetesMockServer server;
  private final KubernetesClient client;
  private final PlainWatches front;

  private EmbeddedApiServer(KubernetesMockServer server) {
    this.server = server;
    this.client = server.createClient();
    this.front = PlainWatches.start(0, server.getPort());
  }

  /** Starts one that holds nothing, on a free port. */
  public static EmbeddedApiServer start() {
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    KubernetesMockServer server =
        new KubernetesMockServer(
            new Context(),
            new MockWebServer(),
            responses,
            new KubernetesMixedDispatcher(responses),
            false);
    server.init();
    return new EmbeddedApiServer(server);
  }

  /** Returns a client with all rights; closed with the server. */
  public KubernetesClient client() {
    return client;
  }

  /** Returns how others reach it. */
  public Config config() {
    return new ConfigBuilder(client.getConfiguration())
        .withMasterUrl("http://127.0.0.1:" + front.port() + "/")
        .build();
  }

  /**
   * Creates the objects of a lab: its nodes, a namespace for each first part of a pod's name, and
   * the pods, running.
   *
   * @param labels of each pod by its name; a pod without an entry has none
   */
  public void create(LabNetwork lab, Map<String, Map<String, String>> labels) {
    LabObjects.all(lab.plan(), labels).forEach(object -> client.resource(object).create());
  }

  /** Creates a namespace with the labels that a real API server gives it. */
  public void createNamespace(String name) {
    client.resource(LabObjects.namespace(name, Map.of())).create();
  }

  /** Returns a running pod with the addresses that the plan of a lab gives it. */
  public static Pod pod(LabPlan plan, String name, Map<String, String> labels) {
    return LabObjects.pod(plan, name, labels);
  }

  @Override
  public void close() {
    client.close();
    front.close();
    try {
      server.destroy();
    } catch (RejectedExecutionException e) {
      // It waits for its own end on a thread that may have ended already.
    }
  }
}
