package io.netpol.route;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Random;

/** Objects as a broken or malicious API server might send them: odd texts, types and structures. */
final class HostileJson {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "app",
          "x\" -j ACCEPT #",
          "\"\n-A FORWARD -j ACCEPT\n",
          "COMMIT\n*nat\n",
          "$(reboot)",
          "`id`",
          "\0",
          "\u2028",
          "\ud800",
          "../../etc/passwd",
          "%s%n",
          "10.0.0.1",
          "0.0.0.0/0",
          "::/0",
          "10.0.0.0/33",
          "010.1.1.1",
          "::ffff:10.0.0.1",
          "fe80::1%eth0",
          "1.2.3.4\nadd x 0.0.0.0/0",
          "TCP",
          "SCTP",
          "ICMP",
          "In",
          "NotIn",
          "Exists",
          "Ingress",
          "Egress",
          "http",
          "-1",
          "99999999999999999999",
          "n1",
          "b".repeat(300),
          "\u00e9".repeat(5000));

  private final Random random;

  HostileJson(Random random) {
    this.random = random;
  }

  /** A Pod, Namespace, Node or NetworkPolicy of this name, or of a hostile one where null. */
  ObjectNode object(String name) {
    String kind = List.of("Pod", "Namespace", "Node", "NetworkPolicy").get(random.nextInt(4));
    ObjectNode object = NODES.objectNode();
    object.put("apiVersion", kind.equals("NetworkPolicy") ? "networking.k8s.io/v1" : "v1");
    object.put("kind", kind);
    ObjectNode metadata = object.putObject("metadata");
    metadata.set("name", name == null ? odd() : NODES.textNode(name));
    metadata.put("namespace", random.nextInt(8) == 0 ? text() : "shop");
    maybe(metadata, "labels", labels());
    maybe(metadata, "annotations", labels());
    switch (kind) {
      case "Pod" -> pod(object);
      case "NetworkPolicy" -> policy(object);
      case "Node" -> node(object);
      default -> {}
    }
    if (random.nextInt(12) == 0) { // a wrong type anywhere at the top
      object.set(one(List.of("spec", "status", "metadata")), odd());
    }
    return object;
  }

  private void pod(ObjectNode object) {
    ObjectNode spec = object.putObject("spec");
    maybe(spec, "nodeName", NODES.textNode(random.nextInt(3) == 0 ? text() : "n1"));
    maybe(spec, "hostNetwork", random.nextInt(4) == 0 ? NODES.booleanNode(true) : NODES.nullNode());
    ArrayNode containers = NODES.arrayNode();
    for (int i = random.nextInt(3); i > 0; i--) {
      ObjectNode container = containers.addObject();
      ArrayNode ports = container.putArray("ports");
      ObjectNode port = ports.addObject();
      port.put("name", text());
      maybe(port, "containerPort", number());
      maybe(port, "protocol", NODES.textNode(text()));
    }
    maybe(spec, one(List.of("containers", "initContainers")), containers);
    ObjectNode status = object.putObject("status");
    maybe(status, "phase", NODES.textNode(one(List.of("Running", "Failed", text()))));
    ArrayNode addresses = NODES.arrayNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      if (random.nextInt(10) == 0) {
        addresses.addNull();
      } else {
        addresses.addObject().put("ip", random.nextBoolean() ? text() : "10.9.0.7");
      }
    }
    maybe(status, "podIPs", addresses);
  }

  private void node(ObjectNode object) {
    ArrayNode addresses = object.putObject("status").putArray("addresses");
    addresses.addObject().put("type", "InternalIP").put("address", text());
    object.putObject("spec").putArray("podCIDRs").add(text());
  }

  private void policy(ObjectNode object) {
    ObjectNode spec = object.putObject("spec");
    maybe(spec, "podSelector", selector());
    ArrayNode types = NODES.arrayNode();
    for (int i = random.nextInt(3); i > 0; i--) {
      types.add(random.nextInt(5) == 0 ? text() : one(List.of("Ingress", "Egress")));
    }
    maybe(spec, "policyTypes", types);
    maybe(spec, "ingress", rules("from"));
    maybe(spec, "egress", rules("to"));
  }

  private ArrayNode rules(String peers) {
    ArrayNode rules = NODES.arrayNode();
    for (int i = random.nextInt(4); i > 0; i--) {
      if (random.nextInt(10) == 0) {
        rules.addNull();
        continue;
      }
      ObjectNode rule = rules.addObject();
      ArrayNode from = NODES.arrayNode();
      for (int j = random.nextInt(4); j > 0; j--) {
        ObjectNode peer = from.addObject();
        maybe(peer, "podSelector", selector());
        maybe(peer, "namespaceSelector", selector());
        if (random.nextBoolean()) {
          ObjectNode block = peer.putObject("ipBlock");
          block.put("cidr", random.nextBoolean() ? text() : "10.0.0.0/8");
          block.putArray("except").add(random.nextBoolean() ? text() : "10.9.0.0/16");
          peer.remove(List.of("podSelector", "namespaceSelector"));
        }
      }
      maybe(rule, peers, from);
      ArrayNode ports = NODES.arrayNode();
      for (int j = random.nextInt(4); j > 0; j--) {
        ObjectNode port = ports.addObject();
        maybe(port, "protocol", NODES.textNode(text()));
        maybe(port, "port", random.nextBoolean() ? number() : NODES.textNode(text()));
        maybe(port, "endPort", number());
      }
      maybe(rule, "ports", ports);
    }
    return rules;
  }

  private ObjectNode selector() {
    ObjectNode selector = NODES.objectNode();
    maybe(selector, "matchLabels", labels());
    ArrayNode expressions = NODES.arrayNode();
    for (int i = random.nextInt(3); i > 0; i--) {
      ObjectNode expression = expressions.addObject();
      maybe(expression, "key", NODES.textNode(text()));
      maybe(expression, "operator", NODES.textNode(text()));
      ArrayNode values = NODES.arrayNode();
      for (int j = random.nextInt(20) == 0 ? 300 : random.nextInt(3); j > 0; j--) {
        values.add(random.nextInt(10) == 0 ? NODES.nullNode() : NODES.textNode(text()));
      }
      maybe(expression, "values", values);
    }
    maybe(selector, "matchExpressions", expressions);
    return selector;
  }

  private ObjectNode labels() {
    ObjectNode labels = NODES.objectNode();
    for (int i = random.nextInt(40) == 0 ? 200 : random.nextInt(4); i > 0; i--) {
      labels.set(
          text() + (i > 3 ? i : ""), random.nextInt(10) == 0 ? odd() : NODES.textNode(text()));
    }
    return labels;
  }

  /** Sets the field; sometimes leaves it out, sometimes sets something else. */
  private void maybe(ObjectNode object, String field, JsonNode value) {
    int choice = random.nextInt(50);
    if (choice == 0) {
      object.set(field, odd());
    } else if (choice > 5) {
      object.set(field, value);
    }
  }

  private JsonNode number() {
    return switch (random.nextInt(8)) {
      case 0 -> NODES.numberNode(0);
      case 1 -> NODES.numberNode(-1);
      case 2 -> NODES.numberNode(65536);
      case 3 -> NODES.numberNode(Long.MAX_VALUE);
      case 4 -> NODES.numberNode(1.5);
      default -> NODES.numberNode(1 + random.nextInt(65535));
    };
  }

  private JsonNode odd() {
    return switch (random.nextInt(8)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.arrayNode().add(NODES.arrayNode());
      case 2 -> NODES.objectNode().put(text(), 1);
      case 3 -> NODES.booleanNode(true);
      case 4 -> number();
      case 5 -> deep(1 + random.nextInt(random.nextInt(50) == 0 ? 900 : 50));
      default -> NODES.textNode(text());
    };
  }

  private static JsonNode deep(int depth) {
    ArrayNode root = NODES.arrayNode();
    ArrayNode inner = root;
    for (int i = 0; i < depth; i++) {
      inner = inner.addArray();
    }
    return root;
  }

  private String text() {
    return one(TEXTS);
  }

  private <T> T one(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
