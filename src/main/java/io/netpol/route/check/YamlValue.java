package io.netpol.route.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Holds a value of a YAML file with its place: text, a list or a map.
 *
 * @param line from 1
 * @param column from 1
 * @param text of a scalar; null of a list and a map, and where nothing stands
 * @param items of a list; empty otherwise
 * @param entries of a map, in their order; empty otherwise
 */
record YamlValue(
    String file,
    int line,
    int column,
    String text,
    List<YamlValue> items,
    Map<String, YamlValue> entries) {

  /** More than a route file can mean, and less than an alias that contains itself. */
  private static final int DEPTH = 200;

  /**
   * Reads a file; empty where nothing stands in it.
   *
   * @throws org.snakeyaml.engine.v2.exceptions.YamlEngineException if it is not YAML
   */
  static Optional<YamlValue> of(RouteFile file) {
    LoadSettings settings = LoadSettings.builder().setAllowRecursiveKeys(false).build();
    return new Compose(settings).composeString(file.text()).map(node -> of(file.name(), node, 0));
  }

  private static YamlValue of(String file, Node node, int depth) {
    Optional<Mark> mark = node.getStartMark();
    int line = mark.map(Mark::getLine).orElse(-1) + 1;
    int column = mark.map(Mark::getColumn).orElse(-1) + 1;
    String text = null;
    List<YamlValue> items = new ArrayList<>();
    Map<String, YamlValue> entries = new LinkedHashMap<>();
    if (node instanceof ScalarNode scalar) {
      boolean nothing = scalar.getTag().getValue().endsWith(":null");
      text = nothing ? null : scalar.getValue();
    } else if (depth < DEPTH && node instanceof SequenceNode sequence) {
      sequence.getValue().forEach(item -> items.add(of(file, item, depth + 1)));
    } else if (depth < DEPTH && node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key) {
          YamlValue value = of(file, tuple.getValueNode(), depth + 1);
          // A problem of a map or a list is shown at its key, where an editor shows it too.
          Mark at = key.getStartMark().orElse(null);
          entries.put(
              camelCase(key.getValue()),
              at == null || value.text != null
                  ? value
                  : value.at(at.getLine() + 1, at.getColumn() + 1));
        }
      }
    }
    return new YamlValue(file, line, column, text, List.copyOf(items), entries);
  }

  private YamlValue at(int otherLine, int otherColumn) {
    return new YamlValue(file, otherLine, otherColumn, text, items, entries);
  }

  /** Camel takes {@code dead-letter-uri} for {@code deadLetterUri}. */
  private static String camelCase(String key) {
    if (key.indexOf('-') < 0
        || key.indexOf('.') >= 0
        || !key.equals(key.toLowerCase(Locale.ROOT))) {
      return key;
    }
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c == '-' && i + 1 < key.length()) {
        name.append(Character.toUpperCase(key.charAt(++i)));
      } else {
        name.append(c);
      }
    }
    return name.toString();
  }

  /** Returns the value of a key; an empty one where there is none. */
  YamlValue get(String key) {
    YamlValue value = entries.get(key);
    return value == null ? new YamlValue(file, line, column, null, List.of(), Map.of()) : value;
  }

  /** Returns the text of a key; empty where there is none. */
  String text(String key) {
    String value = get(key).text;
    return value == null ? "" : value.strip();
  }

  /** Returns whether nothing stands here. */
  boolean isEmpty() {
    return text == null && items.isEmpty() && entries.isEmpty();
  }

  /** Returns the items of a list, or else the value itself as the only one, if there is any. */
  List<YamlValue> asList() {
    return !items.isEmpty() ? items : isEmpty() ? List.of() : List.of(this);
  }
}
