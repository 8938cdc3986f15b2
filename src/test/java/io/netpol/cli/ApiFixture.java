package io.netpol.cli;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.netpol.kubernetes.ApiServer;
import io.netpol.kubernetes.Kubeconfig;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.lab.LabNetwork;
import io.netpol.lab.LabPlan;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The API server that a test talks to: the one that {@code NETPOL_TEST_KUBECONFIG} names, without a
 * kubelet behind it, or else an embedded one. Names of namespaces and nodes are the test's own.
 */
final class ApiFixture implements AutoCloseable {

  private static final int MOST_CONFLICTS = 20;

  private final EmbeddedApiServer embedded;
  private final Config config;
  private final KubernetesClient client;
  private final String prefix;
  private final List<String> namespaces = new ArrayList<>();
  private final List<String> nodes = new ArrayList<>();

  ApiFixture() {
    String kubeconfig = System.getenv("NETPOL_TEST_KUBECONFIG");
    if (kubeconfig == null || kubeconfig.isEmpty()) {
      System.err.println("NETPOL_TEST_KUBECONFIG is not set: an embedded API server stands in");
      embedded = EmbeddedApiServer.start();
      config = embedded.config();
    } else {
      embedded = null;
      config = Config.fromKubeconfig(new File(kubeconfig));
    }
    client = ApiServer.watched(config).client();
    prefix = "np" + Long.toString(System.nanoTime(), 36) + "-";
  }

  Config config() {
    return config;
  }

  /** Writes down for a process of its own how the server is reached, where nobody else did. */
  Path kubeconfig(Path folder) throws IOException {
    if (embedded == null) {
      return Path.of(System.getenv("NETPOL_TEST_KUBECONFIG")).toAbsolutePath();
    }
    return Files.writeString(
        folder.resolve("kubeconfig"), Kubeconfig.to(config.getMasterUrl().toString()));
  }

  /** The name that a node or namespace of the test has in the API. */
  String name(String short_) {
    return prefix + short_;
  }

  void createNode(String name, List<String> addresses) {
    createNode(name, addresses, List.of());
  }

  void createNode(String name, List<String> addresses, List<String> podRanges) {
    nodes.add(name(name));
    NodeSpec spec = new NodeSpec();
    spec.setPodCIDRs(podRanges);
    Node node = Serialization.unmarshal("metadata: {name: " + name(name) + "}", Node.class);
    node.setSpec(spec);
    client.resource(node).create();
    NodeStatus status = new NodeStatus();
    status.setAddresses(addresses.stream().map(a -> new NodeAddress(a, "InternalIP")).toList());
    unlessOthersWrite(
        () ->
            client
                .nodes()
                .withName(name(name))
                .editStatus(
                    n -> {
                      n.setStatus(status);
                      return n;
                    }));
  }

  /** Creates namespaces, and the nodes and pods of a lab. */
  void create(LabNetwork lab, String... namespaces) {
    for (String namespace : namespaces) {
      createNamespace(namespace, Map.of());
    }
    lab.plan().nodes().forEach(node -> createNode(node.name(), node.addresses()));
    createPods(lab);
  }

  /** Creates the pods of a lab, each with the label {@code app} of its name. */
  void createPods(LabNetwork lab) {
    for (LabPlan.Pod pod : lab.plan().pods()) {
      String app = pod.name().substring(pod.name().indexOf('/') + 1);
      createPod(pod.name(), pod.node(), Map.of("app", app), lab.addresses(pod.name()));
    }
  }

  void createNamespace(String name, Map<String, String> labels) {
    namespaces.add(name(name));
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name(name))
                .addToLabels("kubernetes.io/metadata.name", name(name))
                .addToLabels(labels)
                .endMetadata()
                .build())
        .create();
    // Where no controller manager makes it, no pod is admitted.
    client
        .resource(
            Serialization.unmarshal(
                "metadata: {name: default, namespace: " + name(name) + "}", ServiceAccount.class))
        .createOr(existing -> null);
  }

  void labelNamespace(String name, String label, String value) {
    client
        .namespaces()
        .withName(name(name))
        .edit(
            namespace -> {
              namespace.getMetadata().getLabels().put(label, value);
              return namespace;
            });
  }

  /** Creates a pod, as scheduled; the name is as {@code namespace/pod}. */
  void createPod(String pod, String node, Map<String, String> labels, List<String> addresses) {
    client
        .resource(
            new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespaceOf(pod))
                .withName(nameOf(pod))
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withNodeName(name(node))
                .addNewContainer()
                .withName("main")
                .withImage("none")
                .endContainer()
                .endSpec()
                .build())
        .create();
    status(pod, "Running", addresses);
  }

  /** Does what the kubelet would: says in which phase the pod is, and where. */
  void status(String pod, String phase, List<String> addresses) {
    unlessOthersWrite(
        () ->
            client
                .pods()
                .inNamespace(namespaceOf(pod))
                .withName(nameOf(pod))
                .editStatus(
                    p ->
                        new PodBuilder(p)
                            .editOrNewStatus()
                            .withPhase(phase)
                            .withPodIP(addresses.get(0))
                            .withPodIPs(addresses.stream().map(PodIP::new).toList())
                            .endStatus()
                            .build()));
  }

  /** Tries again where the object has changed meanwhile, as by a cluster's controllers. */
  private static void unlessOthersWrite(Runnable edit) {
    for (int i = 1; ; i++) {
      try {
        edit.run();
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || i == MOST_CONFLICTS) {
          throw e;
        }
      }
    }
  }

  void editPod(String pod, Consumer<Pod> change) {
    client
        .pods()
        .inNamespace(namespaceOf(pod))
        .withName(nameOf(pod))
        .edit(
            p -> {
              change.accept(p);
              return p;
            });
  }

  void deletePod(String pod) {
    client.pods().inNamespace(namespaceOf(pod)).withName(nameOf(pod)).withGracePeriod(0).delete();
  }

  /** Creates or replaces a policy; in the text {@code NS-x} stands for the namespace x. */
  void policy(String namespace, String name, String spec) {
    NetworkPolicy policy =
        Serialization.unmarshal(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %s, namespace: %s}\nspec:\n%s"
                .formatted(name, name(namespace), spec.replace("NS-", prefix).indent(2)),
            NetworkPolicy.class);
    client.resource(policy).unlock().createOr(resource -> resource.update());
  }

  void deletePolicy(String namespace, String name) {
    client.network().v1().networkPolicies().inNamespace(name(namespace)).withName(name).delete();
  }

  private String namespaceOf(String pod) {
    return name(pod.substring(0, pod.indexOf('/')));
  }

  private static String nameOf(String pod) {
    return pod.substring(pod.indexOf('/') + 1);
  }

  @Override
  public void close() {
    for (String namespace : namespaces) {
      client.pods().inNamespace(namespace).withGracePeriod(0).delete();
      client.network().v1().networkPolicies().inNamespace(namespace).delete();
      client.namespaces().withName(namespace).delete();
    }
    nodes.forEach(node -> client.nodes().withName(node).delete());
    client.close();
    if (embedded != null) {
      embedded.close();
    }
  }
}
