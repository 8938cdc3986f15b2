package io.netpol.demo;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/** An API server inside this process that holds the objects of a lab, on the loopback address. */
public final class EmbeddedApiServer implements AutoCloseable {

  private final KubernetesMockServer server;
  private final KubernetesClient client;

  private EmbeddedApiServer(KubernetesMockServer server) {
    this.server = server;
    this.client = server.createClient();
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

  /** A client with all rights; closed with the server. */
  public KubernetesClient client() {
    return client;
  }

  /** How others reach it. */
  public Config config() {
    return client.getConfiguration();
  }

  /**
   * Creates the objects of a lab: its nodes, a namespace for each first part of a pod's name, and
   * the pods, running.
   *
   * @param labels of each pod by its name; a pod without an entry has none
   */
  public void create(LabNetwork lab, Map<String, Map<String, String>> labels) {
    for (LabPlan.Node node : lab.plan().nodes()) {
      client
          .resource(
              new NodeBuilder()
                  .withNewMetadata()
                  .withName(node.name())
                  .endMetadata()
                  .withNewSpec()
                  .withPodCIDRs(node.podRanges())
                  .endSpec()
                  .withNewStatus()
                  .addAllToAddresses(
                      lab.addresses(node.name()).stream()
                          .map(
                              address ->
                                  new io.fabric8.kubernetes.api.model.NodeAddress(
                                      address, "InternalIP"))
                          .toList())
                  .endStatus()
                  .build())
          .create();
    }
    lab.plan().pods().stream()
        .map(pod -> pod.name().substring(0, pod.name().indexOf('/')))
        .distinct()
        .forEach(this::createNamespace);
    for (LabPlan.Pod pod : lab.plan().pods()) {
      client.resource(pod(lab, pod.name(), labels.getOrDefault(pod.name(), Map.of()))).create();
    }
  }

  /** Creates a namespace with the labels that a real API server gives it. */
  public void createNamespace(String name) {
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("kubernetes.io/metadata.name", name)
                .endMetadata()
                .build())
        .create();
  }

  /** A running pod with the addresses that the lab gave it. */
  public static Pod pod(LabNetwork lab, String name, Map<String, String> labels) {
    LabPlan.Pod planned =
        lab.plan().pods().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    List<PodIP> addresses = lab.addresses(name).stream().map(PodIP::new).toList();
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(name.substring(0, name.indexOf('/')))
        .withName(name.substring(name.indexOf('/') + 1))
        .withLabels(labels)
        .endMetadata()
        .withNewSpec()
        .withNodeName(planned.node())
        .addNewContainer()
        .withName("main")
        .endContainer()
        .endSpec()
        .withNewStatus()
        .withPhase("Running")
        .withPodIP(addresses.get(0).getIp())
        .withPodIPs(addresses)
        .endStatus()
        .build();
  }

  @Override
  public void close() {
    client.close();
    server.destroy();
  }
}
