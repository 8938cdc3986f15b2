package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.netpol.kubernetes.parse.NameSyntax;
import io.netpol.kubernetes.parse.ParserError;
import io.netpol.net.Quote;
import java.util.Map;
import java.util.Optional;

/**
 * Converts the nodes of a document to objects of the client's model, and reports invalid fields.
 */
final class ManifestObjects {

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              config ->
                  config
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private ManifestObjects() {}

  /**
   * Converts a node to an object.
   *
   * @param path the path of the node in its document, empty for the document itself
   * @throws ManifestException if a field is of a wrong type
   */
  static <T extends HasMetadata> T read(
      ManifestDocument document, String path, JsonNode node, Class<T> type)
      throws ManifestException {
    JsonNode metadata = node.get("metadata");
    if (metadata != null && !metadata.isNull()) {
      NameSyntax ofName = type == Namespace.class ? NameSyntax.NAMESPACE : NameSyntax.NAME;
      checkMetadata(document, join(path, "metadata"), metadata, ofName);
    }
    try {
      return MAPPER.treeToValue(node, type);
    } catch (JsonMappingException e) {
      throw document.error(
          join(path, ParserError.path(e)), "not readable: " + ParserError.reason(e));
    } catch (JsonProcessingException e) {
      throw document.error(path, "not readable: " + ParserError.reason(e));
    }
  }

  /**
   * Checks that labels and annotations are texts, as the API server requires: YAML parses 1 and
   * true as other types.
   */
  private static void checkMetadata(
      ManifestDocument document, String path, JsonNode metadata, NameSyntax ofName)
      throws ManifestException {
    if (!metadata.isObject()) {
      throw document.error(path, "not an object");
    }
    for (String field : new String[] {"name", "namespace"}) {
      JsonNode value = metadata.get(field);
      if (value != null && !value.isNull() && !value.isTextual()) {
        throw document.error(path + "." + field, notAText(value));
      }
      if (value != null && value.isTextual() && !value.asText().isEmpty()) {
        check(
            document,
            path + "." + field,
            field.equals("name") ? ofName : NameSyntax.NAMESPACE,
            value.asText());
      }
    }
    for (String field : new String[] {"labels", "annotations"}) {
      JsonNode values = metadata.get(field);
      if (values == null || values.isNull()) {
        continue;
      }
      String where = path + "." + field;
      if (!values.isObject()) {
        throw document.error(where, "not an object");
      }
      for (Map.Entry<String, JsonNode> entry : values.properties()) {
        JsonNode value = entry.getValue();
        if (!value.isTextual() && !value.isNull()) {
          throw document.error(
              where + "[" + Quote.printable(entry.getKey()) + "]", notAText(value));
        }
        if (field.equals("labels")) {
          checkLabel(document, where, entry.getKey(), value);
        }
      }
    }
  }

  /**
   * Checks that the API server accepts a label; null is the empty value.
   *
   * @param path the path of the labels
   */
  static void checkLabel(ManifestDocument document, String path, String key, JsonNode value)
      throws ManifestException {
    String where = path + "[" + Quote.printable(key) + "]";
    check(document, where, NameSyntax.LABEL_KEY, key);
    if (!value.isNull()) {
      check(document, where, NameSyntax.LABEL_VALUE, value.asText());
    }
  }

  static void check(ManifestDocument document, String path, NameSyntax syntax, String text)
      throws ManifestException {
    Optional<String> refused = syntax.whyRefused(text);
    if (refused.isPresent()) {
      throw document.error(path, refused.get());
    }
  }

  /** Explains why a value is not a text, and how to write it as one. */
  static String notAText(JsonNode value) {
    if (value.isContainerNode()) {
      return "not a text: " + (value.isArray() ? "a list" : "an object");
    }
    return "not a text: "
        + Quote.quote(value.asText())
        + (value.isBoolean() ? madeOf(value) : "")
        + "; put it in quotes";
  }

  /** Returns the other spellings of a boolean in YAML 1.1. */
  static String madeOf(JsonNode value) {
    return ", which YAML makes of " + (value.asBoolean() ? "y, yes and on" : "n, no and off");
  }

  static String join(String path, String field) {
    return path.isEmpty() || field.isEmpty() ? path + field : path + "." + field;
  }
}
