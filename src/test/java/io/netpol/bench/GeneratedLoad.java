package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The objects of a load, as the API server would have them.
 *
 * <p>The pods of this node come first: pod {@code k} lives in namespace {@code k}, and the policies
 * {@code k}, {@code k + 110} and so on select it.
 */
public record GeneratedLoad(
    Load load,
    Node node,
    List<Namespace> namespaces,
    List<Pod> pods,
    List<NetworkPolicy> policies) {

  private static final int PODS_A_FILE = 1_000;

  /** Draws the objects of a load. */
  public static GeneratedLoad of(Load load) {
    List<Namespace> namespaces = new ArrayList<>();
    for (int i = 0; i < load.namespaces(); i++) {
      namespaces.add(PodTemplate.namespace(i));
    }
    PodTemplate templates = new PodTemplate(load);
    List<Pod> pods = new ArrayList<>();
    for (int i = 0; i < load.pods(); i++) {
      pods.add(templates.pod(i));
    }
    PolicyTemplate policyTemplates = new PolicyTemplate(load);
    List<NetworkPolicy> policies = new ArrayList<>();
    for (int i = 0; i < load.policies(); i++) {
      policies.add(policyTemplates.policy(i));
    }
    Node node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(Load.NODE)
            .withUid("node-uid-0")
            .endMetadata()
            .withNewSpec()
            .withPodCIDR("10.244.0.0/24")
            .withPodCIDRs("10.244.0.0/24")
            .endSpec()
            .withNewStatus()
            .addNewAddress("192.168.50.1", "InternalIP")
            .endStatus()
            .build();
    return new GeneratedLoad(
        load, node, List.copyOf(namespaces), List.copyOf(pods), List.copyOf(policies));
  }

  /** The same with further policies, after those of the load. */
  GeneratedLoad with(List<NetworkPolicy> further) {
    List<NetworkPolicy> all = new ArrayList<>(policies);
    all.addAll(further);
    return new GeneratedLoad(load, node, namespaces, pods, List.copyOf(all));
  }

  /** Makes further pods of the same load. */
  public PodTemplate templates() {
    return new PodTemplate(load);
  }

  /** The node, the namespaces, the policies, then the pods. */
  public Stream<HasMetadata> all() {
    return Stream.of(Stream.of(node), namespaces.stream(), policies.stream(), pods.stream())
        .flatMap(objects -> objects);
  }

  /** Writes them as manifests that {@code netpol render} and {@code kubectl} read. */
  public void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    write(folder.resolve("node.yaml"), List.of(node));
    write(folder.resolve("namespaces.yaml"), namespaces);
    write(folder.resolve("policies.yaml"), policies);
    for (int start = 0; start < pods.size(); start += PODS_A_FILE) {
      write(
          folder.resolve("pods-%03d.yaml".formatted(start / PODS_A_FILE)),
          pods.subList(start, Math.min(pods.size(), start + PODS_A_FILE)));
    }
  }

  private static void write(Path file, List<? extends HasMetadata> objects) throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (HasMetadata object : objects) {
        String text = Serialization.asYaml(object);
        out.write(text.startsWith("---") ? text : "---\n" + text);
      }
    }
  }
}
