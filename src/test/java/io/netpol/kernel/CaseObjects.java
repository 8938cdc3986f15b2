package io.netpol.kernel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.lab.EmbeddedApiServer;
import io.netpol.lab.LabPlan;
import io.netpol.model.Kind;
import io.netpol.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The Kubernetes objects of a case: the usual cluster, changed as the case says. */
final class CaseObjects {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** One for all: it takes long to make. */
  private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();

  private final PolicyCase policyCase;
  private final LabPlan plan;
  private final Map<String, Pod> pods = new TreeMap<>();
  private final Map<String, Namespace> namespaces = new TreeMap<>();
  private final List<NetworkPolicy> policies = new ArrayList<>();

  CaseObjects(LabPlan plan, PolicyCase policyCase) {
    this.plan = plan;
    this.policyCase = policyCase;
    for (String pod : Topology.PODS) {
      String name = pod.substring(pod.indexOf('/') + 1);
      pods.put(pod, EmbeddedApiServer.pod(plan, pod, Map.of("pod", name)));
    }
    for (String name : Topology.NAMESPACES) {
      namespaces.put(name, read(namespace(name), Namespace.class));
    }
    policyCase.pods().forEach((pod, patch) -> change(pods, pod, patch, Pod.class));
    policyCase.namespaces().forEach((n, patch) -> change(namespaces, n, patch, Namespace.class));
    policyCase.policies().forEach(policy -> policies.add(read(policy, NetworkPolicy.class)));
  }

  /**
   * What the agent of a node knows: of the nodes only its own.
   *
   * @param problems what could not be taken as written is added to it
   */
  Cluster knownTo(String node, List<Problem> problems) {
    return cluster(node, List.of(node), problems);
  }

  /** What somebody knows who sees all. */
  Cluster known() {
    return cluster("", Topology.NODES, new ArrayList<>());
  }

  /** All objects as manifests. */
  String manifests() {
    List<Object> all = new ArrayList<>(namespaces.values());
    Topology.NODES.forEach(name -> all.add(node(name)));
    all.addAll(pods.values());
    all.addAll(policies);
    StringBuilder text = new StringBuilder();
    all.forEach(object -> text.append(KUBERNETES.asYaml(object)));
    return text.toString();
  }

  private Cluster cluster(String local, List<String> nodes, List<Problem> problems) {
    Cluster cluster = new Cluster(local, policyCase.isolation());
    ObjectConverter converter = new ObjectConverter(problems::add);
    nodes.forEach(name -> cluster.put(converter.node(node(name)).orElseThrow()));
    namespaces.values().forEach(n -> cluster.put(converter.namespace(n).orElseThrow()));
    pods.values().forEach(pod -> cluster.put(converter.pod(pod).orElseThrow()));
    policies.forEach(policy -> cluster.put(converter.networkPolicy(policy).orElseThrow()));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private Node node(String name) {
    LabPlan.Node planned =
        plan.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
    ObjectNode node = JSON.createObjectNode();
    node.putObject("metadata").put("name", name);
    planned.podRanges().forEach(node.putObject("spec").putArray("podCIDRs")::add);
    for (String address : planned.addresses()) {
      node.withObject("/status")
          .withArray("addresses")
          .addObject()
          .put("type", "InternalIP")
          .put("address", address);
    }
    return read(node, Node.class);
  }

  private JsonNode namespace(String name) {
    ObjectNode namespace = JSON.createObjectNode();
    ObjectNode metadata = namespace.putObject("metadata").put("name", name);
    metadata.putObject("labels").put("ns", name);
    return namespace;
  }

  private <T> void change(Map<String, T> objects, String key, JsonNode patch, Class<T> type) {
    if (patch == null || patch.isNull()) {
      if (objects.remove(key) == null) {
        throw new IllegalArgumentException("cannot take away " + key);
      }
      return;
    }
    ObjectNode object = JSON.createObjectNode();
    int slash = key.indexOf('/');
    ObjectNode metadata = object.putObject("metadata").put("name", key.substring(slash + 1));
    if (slash > 0) {
      metadata.put("namespace", key.substring(0, slash));
    }
    if (objects.containsKey(key)) {
      object = (ObjectNode) KUBERNETES.convertValue(objects.get(key), JsonNode.class);
    }
    objects.put(key, read(merged(object, patch), type));
  }

  /** RFC 7386, section 2. */
  private JsonNode merged(JsonNode target, JsonNode patch) {
    if (!patch.isObject()) {
      return patch;
    }
    ObjectNode result =
        target != null && target.isObject() ? target.deepCopy() : JSON.createObjectNode();
    patch
        .fields()
        .forEachRemaining(
            field -> {
              if (field.getValue().isNull()) {
                result.remove(field.getKey());
              } else {
                result.set(field.getKey(), merged(result.get(field.getKey()), field.getValue()));
              }
            });
    return result;
  }

  private <T> T read(JsonNode object, Class<T> type) {
    return KUBERNETES.convertValue(object, type);
  }
}
