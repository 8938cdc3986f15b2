package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Makes the pods and namespaces of a load, with all that a real API server sends of them. */
public final class PodTemplate {

  /** Deployments in one namespace, {@code app-0} to {@code app-11}. */
  static final int APPS = 12;

  /** Values of the label {@code tier}. */
  static final List<String> TIERS = List.of("front", "middle", "back", "batch");

  /** Values of the label {@code team} of namespaces, {@code team-0} to {@code team-19}. */
  static final int TEAMS = 20;

  private final Load load;

  /** Makes pods of this load. */
  public PodTemplate(Load load) {
    this.load = load;
  }

  /** The name of a namespace. */
  public static String namespaceName(int index) {
    return "ns-%03d".formatted(index);
  }

  static Namespace namespace(int index) {
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName(namespaceName(index))
        .withUid("namespace-uid-" + index)
        .addToLabels("kubernetes.io/metadata.name", namespaceName(index))
        .addToLabels("team", "team-" + index % TEAMS)
        .addToLabels("stage", index % 3 == 0 ? "production" : "test")
        .endMetadata()
        .withNewStatus()
        .withPhase("Active")
        .endStatus()
        .build();
  }

  /** The {@code app} of a local pod: the first ones, so that in its namespace no other has it. */
  static String localApp(Load load, int index) {
    return "app-" + index / load.namespaces();
  }

  /** How many apps local pods have between them. */
  static int localApps(Load load) {
    return load.localPods() == 0 ? 0 : (load.localPods() - 1) / load.namespaces() + 1;
  }

  /** A running pod of the load; an index beyond its pods gives further ones of other nodes. */
  public Pod pod(int index) {
    Random random = new Random(load.seed() * 31 + index);
    boolean local = index < load.localPods();
    int namespace = local ? index % load.namespaces() : random.nextInt(load.namespaces());
    String app = local ? localApp(load, index) : "app-" + random.nextInt(APPS);
    String node = local ? Load.NODE : "node-" + (1 + (index - load.localPods()) / 110);
    // The pods of one Deployment, which have the same labels.
    Random deployment = new Random(load.seed() * 31 + (namespace + "/" + app).hashCode());
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app", app);
    labels.put("tier", TIERS.get(deployment.nextInt(TIERS.size())));
    labels.put("version", "v" + deployment.nextInt(3));
    String hash = "%08x".formatted(deployment.nextInt());
    labels.put("pod-template-hash", hash);
    String name = app + "-" + hash + "-" + Integer.toString(index, 36);
    return running(namespaceName(namespace), name, node, labels, address(local, index));
  }

  private static String uid(String of) {
    return UUID.nameUUIDFromBytes(of.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** Local pods in 10.244.0.0/24 from .10 on, the others from 10.64.0.0 on. */
  static String address(boolean local, int index) {
    if (local) {
      return "10.244.%d.%d".formatted((index + 10) / 250, (index + 10) % 250);
    }
    return "10.%d.%d.%d".formatted(64 + (index >> 16), index >> 8 & 255, index & 255);
  }

  /** The address of a node by the number in its name: {@code node-0} is 192.168.50.1. */
  static String nodeAddress(String node) {
    int number = Integer.parseInt(node.substring(node.lastIndexOf('-') + 1));
    return "192.168.%d.%d".formatted(50 + number / 250, 1 + number % 250);
  }

  /** A running pod. */
  public static Pod running(
      String namespace, String name, String node, Map<String, String> labels, String address) {
    return new PodBuilder(scheduled(namespace, name, node, labels))
        .editStatus()
        .withPhase("Running")
        .withPodIP(address)
        .withPodIPs(List.of(new PodIP(address)))
        .withHostIP(nodeAddress(node))
        .withHostIPs(List.of(new HostIP(nodeAddress(node))))
        .withStartTime("2026-01-01T00:00:00Z")
        .addNewContainerStatus()
        .withName("main")
        .withImage("registry.example/team/" + labels.get("app") + ":1.2.3")
        .withImageID("registry.example/team/app@sha256:" + "0123456789abcdef".repeat(4))
        .withContainerID("containerd://" + "fedcba9876543210".repeat(4))
        .withReady(true)
        .withRestartCount(0)
        .withNewState()
        .withNewRunning("2026-01-01T00:00:02Z")
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  /** A pod that has a node and no address yet. */
  public static Pod scheduled(
      String namespace, String name, String node, Map<String, String> labels) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName(name)
        .withUid(uid(namespace + "/" + name))
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .withLabels(labels)
        .addToAnnotations("example.com/configuration-hash", "0123456789abcdef".repeat(4))
        .addNewOwnerReference()
        .withApiVersion("apps/v1")
        .withKind("ReplicaSet")
        .withName(name.substring(0, Math.max(1, name.lastIndexOf('-'))))
        .withUid("owner-uid-" + namespace)
        .withController(true)
        .endOwnerReference()
        .endMetadata()
        .withNewSpec()
        .withNodeName(node)
        .withServiceAccountName("default")
        .withRestartPolicy("Always")
        .withTerminationGracePeriodSeconds(30L)
        .addNewContainer()
        .withName("main")
        .withImage("registry.example/team/" + labels.get("app") + ":1.2.3")
        .addNewPort()
        .withName("http")
        .withContainerPort(8080)
        .withProtocol("TCP")
        .endPort()
        .addNewPort()
        .withName("metrics")
        .withContainerPort(9090)
        .withProtocol("TCP")
        .endPort()
        .addNewEnv()
        .withName("CONFIGURATION")
        .withValue("/etc/application/configuration.yaml")
        .endEnv()
        .addNewEnv()
        .withName("LOG_LEVEL")
        .withValue("info")
        .endEnv()
        .addNewVolumeMount()
        .withName("kube-api-access")
        .withMountPath("/var/run/secrets/kubernetes.io/serviceaccount")
        .withReadOnly(true)
        .endVolumeMount()
        .withNewReadinessProbe()
        .withNewHttpGet()
        .withPath("/ready")
        .withNewPort(8080)
        .endHttpGet()
        .withPeriodSeconds(10)
        .endReadinessProbe()
        .endContainer()
        .addNewVolume()
        .withName("kube-api-access")
        .withNewProjected()
        .withDefaultMode(420)
        .addNewSource()
        .withNewServiceAccountToken(null, 3607L, "token")
        .endSource()
        .endProjected()
        .endVolume()
        .addNewToleration("NoExecute", "node.kubernetes.io/not-ready", "Exists", 300L, null)
        .addNewToleration("NoExecute", "node.kubernetes.io/unreachable", "Exists", 300L, null)
        .endSpec()
        .withNewStatus()
        .withPhase("Pending")
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("True")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .endCondition()
        .endStatus()
        .build();
  }
}
