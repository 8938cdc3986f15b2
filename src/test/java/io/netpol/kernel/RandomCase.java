package io.netpol.kernel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.lab.LabPlan;
import io.netpol.model.DefaultIsolation;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Makes cases at random: few labels, ports and blocks, so that policies, pods and packets meet
 * often. The same seed makes the same case.
 */
final class RandomCase {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> KEYS = List.of("app", "tier");
  private static final List<String> VALUES = List.of("p", "q");
  private static final List<String> OPERATORS = List.of("In", "NotIn", "Exists", "DoesNotExist");
  private static final List<String> PORT_NAMES = List.of("http", "dns", "none");
  private static final List<String> PROTOCOLS = List.of("TCP", "UDP", "SCTP");

  private final Random random;
  private final LabPlan plan;
  private final boolean odd;
  private final List<String> addresses = new ArrayList<>();

  private RandomCase(Random random, LabPlan plan, boolean odd) {
    this.random = random;
    this.plan = plan;
    this.odd = odd;
    plan.pods().forEach(pod -> addresses.addAll(pod.addresses()));
    plan.nodes().forEach(node -> addresses.addAll(node.addresses()));
    plan.outsides().forEach(outside -> addresses.addAll(outside.addresses()));
  }

  /**
   * A case for the pods of a plan.
   *
   * @param odd whether pods may also be what no lab can show: finished, without an address, with
   *     one family only, at the address of another
   */
  static PolicyCase of(long seed, LabPlan plan, boolean odd) {
    return new RandomCase(new Random(seed), plan, odd).make("seed " + seed);
  }

  private PolicyCase make(String name) {
    Map<String, JsonNode> namespaces = new TreeMap<>();
    for (String namespace : Topology.NAMESPACES) {
      ObjectNode patch = JSON.createObjectNode();
      labels(patch.putObject("metadata"));
      if (random.nextInt(4) == 0) {
        patch
            .withObject("/metadata/annotations")
            .put("netpol.io/default-isolation", one(List.of("ingress", "egress", "both")));
      }
      namespaces.put(namespace, patch);
    }
    Map<String, JsonNode> pods = new TreeMap<>();
    Topology.PODS.forEach(pod -> pods.put(pod, pod(pod)));
    List<JsonNode> policies = new ArrayList<>();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      policies.add(policy("policy-" + i));
    }
    DefaultIsolation isolation =
        random.nextInt(6) == 0
            ? one(List.of(DefaultIsolation.NAMESPACE, DefaultIsolation.NODE))
            : DefaultIsolation.OFF;
    return new PolicyCase(name, null, isolation, namespaces, pods, policies, null, null);
  }

  private void labels(ObjectNode metadata) {
    for (String key : KEYS) {
      if (random.nextInt(3) > 0) {
        metadata.withObject("/labels").put(key, one(VALUES));
      }
    }
  }

  private ObjectNode pod(String name) {
    ObjectNode patch = JSON.createObjectNode();
    labels(patch.putObject("metadata"));
    if (random.nextInt(4) > 0) {
      ObjectNode container = patch.withObject("/spec").putArray("containers").addObject();
      container.put("name", "c");
      ArrayNode ports = container.putArray("ports");
      port(ports, "http", "TCP");
      port(ports, "dns", one(List.of("UDP", "TCP")));
      port(ports, "http", one(PROTOCOLS));
    }
    if (odd) {
      oddities(name, patch);
    }
    return patch;
  }

  private void port(ArrayNode ports, String name, String protocol) {
    if (random.nextInt(3) > 0) {
      ports
          .addObject()
          .put("name", name)
          .put("containerPort", 80 + random.nextInt(2))
          .put("protocol", protocol);
    }
  }

  private void oddities(String name, ObjectNode patch) {
    LabPlan.Pod own =
        plan.pods().stream().filter(pod -> pod.name().equals(name)).findFirst().orElseThrow();
    switch (random.nextInt(16)) {
      case 0 -> patch.withObject("/status").put("phase", one(List.of("Succeeded", "Failed")));
      case 1 -> addresses(patch, List.of());
      case 2 -> addresses(patch, List.of(one(own.addresses())));
      case 3 -> {
        List<LabPlan.Pod> sameNode =
            plan.pods().stream().filter(pod -> pod.node().equals(own.node())).toList();
        addresses(patch, one(sameNode).addresses());
      }
      case 4 -> {
        patch.withObject("/spec").put("hostNetwork", true);
        plan.nodes().stream()
            .filter(node -> node.name().equals(own.node()))
            .forEach(node -> addresses(patch, node.addresses()));
      }
      default -> {} // as in a lab
    }
  }

  private static void addresses(ObjectNode patch, List<String> addresses) {
    ObjectNode status = patch.withObject("/status");
    status.putNull("podIP");
    ArrayNode podIps = status.putArray("podIPs");
    addresses.forEach(address -> podIps.addObject().put("ip", address));
  }

  private ObjectNode policy(String name) {
    ObjectNode policy = JSON.createObjectNode();
    policy.put("apiVersion", "networking.k8s.io/v1").put("kind", "NetworkPolicy");
    ObjectNode metadata = policy.putObject("metadata");
    metadata.put("name", name).put("namespace", one(Topology.NAMESPACES));
    if (random.nextInt(5) == 0) {
      metadata.putObject("annotations").put("netpol.io/audit", "true");
    }
    ObjectNode spec = policy.putObject("spec");
    spec.set("podSelector", selector());
    boolean ingress = random.nextInt(3) > 0;
    boolean egress = random.nextInt(2) > 0;
    if (ingress) {
      rules(spec.putArray("ingress"), "from");
    }
    if (egress) {
      rules(spec.putArray("egress"), "to");
    }
    if (random.nextInt(3) > 0) {
      ArrayNode types = spec.putArray("policyTypes");
      if (ingress || !egress) {
        types.add("Ingress");
      }
      if (egress || random.nextInt(4) == 0) {
        types.add("Egress");
      }
    }
    return policy;
  }

  private void rules(ArrayNode rules, String end) {
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      ObjectNode rule = rules.addObject();
      if (random.nextInt(5) > 0) {
        ArrayNode peers = rule.putArray(end);
        int peerCount = 1 + random.nextInt(3);
        for (int j = 0; j < peerCount; j++) {
          peers.add(peer());
        }
      }
      if (random.nextInt(3) > 0) {
        ArrayNode ports = rule.putArray("ports");
        int portCount = 1 + random.nextInt(2);
        for (int j = 0; j < portCount; j++) {
          ports.add(port());
        }
      }
    }
  }

  private ObjectNode peer() {
    ObjectNode peer = JSON.createObjectNode();
    switch (random.nextInt(5)) {
      case 0 -> peer.set("podSelector", selector());
      case 1 -> peer.set("namespaceSelector", selector());
      case 2 -> {
        peer.set("podSelector", selector());
        peer.set("namespaceSelector", selector());
      }
      default -> block(peer.putObject("ipBlock"));
    }
    return peer;
  }

  private void block(ObjectNode block) {
    IpAddress inside = IpAddress.parse(one(addresses));
    int bits = inside.family().bits();
    List<Integer> prefixes =
        bits == 32 ? List.of(0, 8, 16, 24, 28, 31, 32) : List.of(0, 16, 48, 64, 124, 127, 128);
    int chosen = random.nextInt(prefixes.size());
    Cidr cidr = new Cidr(inside, prefixes.get(chosen));
    block.put("cidr", cidr.toString());
    List<IpAddress> within =
        addresses.stream().map(IpAddress::parse).filter(cidr::contains).toList();
    int exceptions = random.nextInt(3);
    for (int i = 0; i < exceptions && chosen < prefixes.size() - 1; i++) {
      int longer = prefixes.get(chosen + 1 + random.nextInt(prefixes.size() - chosen - 1));
      block.withArray("except").add(new Cidr(one(within), longer).toString());
    }
  }

  private ObjectNode port() {
    ObjectNode port = JSON.createObjectNode();
    if (random.nextInt(3) > 0) {
      port.put("protocol", one(PROTOCOLS));
    }
    switch (random.nextInt(5)) {
      case 0 -> {} // all ports
      case 1, 2 -> port.put("port", one(PORT_NAMES));
      case 3 -> port.put("port", 80 + random.nextInt(2));
      default -> {
        int first = one(List.of(1, 80, 81));
        port.put("port", first).put("endPort", Math.max(first, one(List.of(80, 81, 65535))));
      }
    }
    return port;
  }

  private ObjectNode selector() {
    ObjectNode selector = JSON.createObjectNode();
    if (random.nextInt(3) == 0) {
      return selector;
    }
    if (random.nextBoolean()) {
      selector.putObject("matchLabels").put(one(KEYS), one(VALUES));
    }
    if (random.nextInt(3) == 0) {
      ObjectNode expression = selector.putArray("matchExpressions").addObject();
      String operator = one(OPERATORS);
      expression.put("key", one(KEYS)).put("operator", operator);
      if (operator.endsWith("In")) {
        expression.putArray("values").add(one(VALUES));
      }
    }
    return selector;
  }

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
