package io.netpol.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/**
 * Turns what the YAML loader gives into a JSON tree, as far as depth and number of values allow.
 */
final class YamlTree {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final int maxDepth;
  private int valuesLeft;

  YamlTree(int maxDepth, int maxValues) {
    this.maxDepth = maxDepth;
    this.valuesLeft = maxValues;
  }

  /**
   * The tree.
   *
   * @throws IllegalArgumentException if it is too deep or too large, or a key is not a text
   */
  JsonNode toJson(Object value) {
    return node(value, 0);
  }

  private JsonNode node(Object value, int depth) {
    if (valuesLeft-- <= 0) {
      throw new IllegalArgumentException("too many values, aliases unfolded");
    }
    if (depth > maxDepth) {
      throw new IllegalArgumentException("nested deeper than " + maxDepth);
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = NODES.objectNode();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        if (!(entry.getKey() instanceof String key)) {
          throw new IllegalArgumentException("a key that is not a text: " + entry.getKey());
        }
        object.set(key, node(entry.getValue(), depth + 1));
      }
      return object;
    }
    if (value instanceof List<?> list) {
      ArrayNode array = NODES.arrayNode();
      for (Object item : list) {
        array.add(node(item, depth + 1));
      }
      return array;
    }
    return scalar(value);
  }

  private static JsonNode scalar(Object value) {
    if (value == null) {
      return NODES.nullNode();
    } else if (value instanceof Boolean bool) {
      return NODES.booleanNode(bool);
    } else if (value instanceof Integer number) {
      return NODES.numberNode(number);
    } else if (value instanceof Long number) {
      return NODES.numberNode(number);
    } else if (value instanceof BigInteger number) {
      return NODES.numberNode(number);
    } else if (value instanceof Double number) {
      return NODES.numberNode(number);
    } else if (value instanceof String text) {
      return NODES.textNode(text);
    }
    throw new IllegalArgumentException("a value of an unknown type");
  }
}
