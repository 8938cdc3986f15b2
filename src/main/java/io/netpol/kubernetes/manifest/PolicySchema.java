package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import io.netpol.kubernetes.parse.NameSyntax;
import io.netpol.net.Quote;
import java.util.Map;

/**
 * Describes the fields of a {@code networking.k8s.io/v1} NetworkPolicy with their types.
 *
 * <p>Files are validated as by {@code kubectl --validate=strict}: a misspelled field would
 * otherwise count as absent, and an absent field mostly matches everything.
 */
final class PolicySchema {

  /** Describes the type of a field. */
  private sealed interface Type {}

  private enum Scalar implements Type {
    TEXT,
    LABEL_KEY,
    LABEL_VALUE,
    INTEGER,
    INTEGER_OR_TEXT,
    ANYTHING
  }

  private record Fields(Map<String, Type> types) implements Type {}

  private record ListOf(Type item) implements Type {}

  /** Describes a map of texts, such as labels. */
  private record MapOf(Type value) implements Type {}

  private static final Type SELECTOR =
      new Fields(
          Map.of(
              "matchLabels",
              new MapOf(Scalar.TEXT),
              "matchExpressions",
              new ListOf(
                  new Fields(
                      Map.of(
                          "key", Scalar.LABEL_KEY,
                          "operator", Scalar.TEXT,
                          "values", new ListOf(Scalar.LABEL_VALUE))))));

  private static final Type PEERS =
      new ListOf(
          new Fields(
              Map.of(
                  "podSelector", SELECTOR,
                  "namespaceSelector", SELECTOR,
                  "ipBlock",
                      new Fields(Map.of("cidr", Scalar.TEXT, "except", new ListOf(Scalar.TEXT))))));

  private static final Type PORTS =
      new ListOf(
          new Fields(
              Map.of(
                  "protocol", Scalar.TEXT,
                  "port", Scalar.INTEGER_OR_TEXT,
                  "endPort", Scalar.INTEGER)));

  private static final Type POLICY =
      new Fields(
          Map.of(
              "apiVersion", Scalar.TEXT,
              "kind", Scalar.TEXT,
              "metadata", Scalar.ANYTHING,
              "status", Scalar.ANYTHING,
              "spec",
                  new Fields(
                      Map.of(
                          "podSelector", SELECTOR,
                          "policyTypes", new ListOf(Scalar.TEXT),
                          "ingress", new ListOf(new Fields(Map.of("from", PEERS, "ports", PORTS))),
                          "egress", new ListOf(new Fields(Map.of("to", PEERS, "ports", PORTS)))))));

  private final ManifestDocument document;

  private PolicySchema(ManifestDocument document) {
    this.document = document;
  }

  /**
   * Checks all fields, and throws on the first that is unknown or of a wrong type; null is an
   * absent field.
   */
  static void check(ManifestDocument document, String path, JsonNode policy)
      throws ManifestException {
    new PolicySchema(document).check(path, policy, POLICY);
  }

  private void check(String path, JsonNode node, Type type) throws ManifestException {
    if (node.isNull()) {
      return;
    }
    if (type instanceof Fields fields) {
      fields(path, node, fields);
    } else if (type instanceof ListOf list) {
      require(node.isArray(), path, "a list", node);
      for (int i = 0; i < node.size(); i++) {
        if (node.get(i).isNull()) {
          throw document.error(path + "[" + i + "]", "null in a list");
        }
        check(path + "[" + i + "]", node.get(i), list.item());
      }
    } else if (type instanceof MapOf map) {
      require(node.isObject(), path, "an object", node);
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        check(path + "[" + entry.getKey() + "]", entry.getValue(), map.value());
        ManifestObjects.checkLabel(
            document, Quote.printable(path), entry.getKey(), entry.getValue());
      }
    } else {
      switch ((Scalar) type) {
        case TEXT -> text(path, node);
        case LABEL_KEY -> {
          if (!text(path, node).isEmpty()) { // reported as missing
            ManifestObjects.check(
                document, Quote.printable(path), NameSyntax.LABEL_KEY, node.asText());
          }
        }
        case LABEL_VALUE ->
            ManifestObjects.check(
                document, Quote.printable(path), NameSyntax.LABEL_VALUE, text(path, node));
        case INTEGER -> require(isInt32(node), path, "an integer", node);
        case INTEGER_OR_TEXT ->
            require(isInt32(node) || node.isTextual(), path, "an integer or a text", node);
        case ANYTHING -> {}
      }
    }
  }

  private String text(String path, JsonNode node) throws ManifestException {
    if (!node.isTextual()) {
      throw document.error(Quote.printable(path), ManifestObjects.notAText(node));
    }
    return node.asText();
  }

  private void fields(String path, JsonNode node, Fields fields) throws ManifestException {
    require(node.isObject(), path, "an object", node);
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String field = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
      Type type = fields.types().get(entry.getKey());
      if (type == null) {
        throw document.error(Quote.printable(field), "unknown field");
      }
      check(field, entry.getValue(), type);
    }
  }

  private static boolean isInt32(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToInt();
  }

  private void require(boolean good, String path, String what, JsonNode node)
      throws ManifestException {
    if (!good) {
      String found =
          node.isValueNode() ? Quote.quote(node.asText()) : node.isArray() ? "a list" : "an object";
      String hint = node.isBoolean() ? ManifestObjects.madeOf(node) : "";
      throw document.error(Quote.printable(path), "not " + what + ": " + found + hint);
    }
  }
}
