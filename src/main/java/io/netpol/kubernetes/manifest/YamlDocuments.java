package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netpol.kubernetes.parse.ParserError;
import io.netpol.kubernetes.parse.RefusedObject;
import io.netpol.net.Quote;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Parses YAML documents into JSON trees, with the same result as kubectl.
 *
 * <p>It is stricter where kubectl would hide a mistake: a duplicate key, an unknown tag, and text
 * after {@code ...} are refused.
 */
final class YamlDocuments {

  /** The limit of nested objects and lists; a Pod needs about ten. */
  static final int MAX_DEPTH = 64;

  /** The limit of values in one document, with aliases expanded. */
  static final int MAX_VALUES = 4_000_000;

  /** The limit of one text, in characters. An API server stores objects of 1.5 MiB at most. */
  static final int MAX_TEXT = 2 << 20;

  /** The size of the buffer in characters. The parser copies its content on each refill. */
  private static final int BUFFER = 1 << 20;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final String MAP_TAG = "tag:yaml.org,2002:map";
  private static final String LIST_TAG = "tag:yaml.org,2002:seq";

  private final String file;
  private final List<ManifestDocument> documents;

  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Map<String, Value> anchors = new HashMap<>();
  private JsonNode content;

  private YamlDocuments(String file, List<ManifestDocument> documents) {
    this.file = file;
    this.documents = documents;
  }

  /**
   * Adds all documents of the text to the list, up to the first that cannot be parsed.
   *
   * @param file the name of the file in errors
   */
  static void read(String file, String text, List<ManifestDocument> documents)
      throws ManifestException {
    new YamlDocuments(file, documents).read(text);
  }

  /**
   * Returns the events of a text; time and memory are linear in its length, whatever it contains.
   */
  static Iterable<Event> events(String text) {
    int buffer = Math.min(Math.max(text.length(), 1024), BUFFER);
    return new Parse(
            LoadSettings.builder()
                .setCodePointLimit(ManifestFile.MAX_SIZE)
                .setBufferSize(buffer)
                .build())
        .parseString(text);
  }

  /** Returns the line of an event, counted from 1. */
  static int line(Event event) {
    return event.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }

  private void read(String text) throws ManifestException {
    int line = 0;
    try {
      for (Event event : events(text)) {
        line = line(event);
        take(event);
      }
    } catch (MarkedYamlEngineException e) {
      int at = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(line);
      throw error(at, ParserError.reason(e.getProblem()));
    } catch (YamlEngineException e) {
      throw error(line, ParserError.reason(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw error(line, e.getMessage());
    }
  }

  private ManifestException error(int line, String reason) {
    return new ManifestException(
        new RefusedObject(file, documents.size() + 1, "", reason).atLine(line));
  }

  /** Holds a value with the size of its expansion. */
  private record Value(JsonNode node, long values, int height) {}

  /** Holds an object or a list that is not complete. */
  private static final class Frame {
    final JsonNode node;
    final String anchor;
    final Set<String> merged = new HashSet<>(0);
    String key;
    boolean merges;
    long values = 1;
    int height;

    Frame(JsonNode node, String anchor) {
      this.node = node;
      this.anchor = anchor;
    }

    boolean wantsKey() {
      return node.isObject() && key == null && !merges;
    }
  }

  private void take(Event event) {
    switch (event.getEventId()) {
      case DocumentStart -> {
        if (!documents.isEmpty() && !((DocumentStartEvent) event).isExplicit()) {
          throw new IllegalArgumentException(
              "text after \"...\": kubectl passes it over; write --- before it");
        }
        anchors.clear();
        content = null;
      }
      case DocumentEnd -> documents.add(new ManifestDocument(file, documents.size() + 1, content));
      case MappingStart -> open((CollectionStartEvent) event, NODES.objectNode(), MAP_TAG);
      case SequenceStart -> open((CollectionStartEvent) event, NODES.arrayNode(), LIST_TAG);
      case MappingEnd, SequenceEnd -> {
        Frame frame = frames.pop();
        put(frame.anchor, new Value(frame.node, frame.values, frame.height + 1));
      }
      case Scalar -> scalar((ScalarEvent) event);
      case Alias -> alias((AliasEvent) event);
      default -> {}
    }
  }

  private void open(CollectionStartEvent event, JsonNode node, String tag) {
    Frame top = frames.peek();
    if (top != null && top.wantsKey()) {
      throw new IllegalArgumentException("a key that is not a text");
    }
    event
        .getTag()
        .filter(given -> !given.equals(tag))
        .ifPresent(
            given -> {
              throw new IllegalArgumentException("unknown tag: " + Quote.quote(given));
            });
    if (frames.size() >= MAX_DEPTH) {
      throw tooDeep();
    }
    frames.push(new Frame(node, anchor(event)));
  }

  private static String anchor(NodeEvent event) {
    return event.getAnchor().map(Object::toString).orElse(null);
  }

  private static IllegalArgumentException tooDeep() {
    return new IllegalArgumentException("nested deeper than " + MAX_DEPTH);
  }

  private void scalar(ScalarEvent event) {
    String text = event.getValue();
    if (text.length() > MAX_TEXT) {
      throw new IllegalArgumentException("a text of more than " + MAX_TEXT + " characters");
    }
    Optional<String> tag = event.getTag();
    boolean plain = event.getScalarStyle() == ScalarStyle.PLAIN && tag.isEmpty();
    Frame top = frames.peek();
    if (plain && text.equals("<<") && top != null && top.wantsKey()) {
      top.merges = true;
      return;
    }
    JsonNode node =
        tag.isPresent()
            ? YamlScalar.tagged(tag.get(), text)
            : plain ? YamlScalar.plain(text) : NODES.textNode(text);
    put(anchor(event), new Value(node, 1, 0));
  }

  private void alias(AliasEvent event) {
    String name = event.getAlias().toString();
    if (frames.stream().anyMatch(frame -> name.equals(frame.anchor))) {
      throw new IllegalArgumentException("the value of &" + Quote.quote(name) + " contains itself");
    }
    Value value = anchors.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no anchor &" + Quote.quote(name));
    }
    put(null, value);
  }

  /** Adds a complete value to the innermost frame; it may be a key. */
  private void put(String anchor, Value value) {
    if (anchor != null) {
      anchors.put(anchor, value);
    }
    Frame top = frames.peek();
    if (top == null) {
      content = value.node().isNull() ? null : value.node();
      return;
    }
    if (frames.size() + value.height() > MAX_DEPTH) {
      throw tooDeep();
    }
    top.height = Math.max(top.height, value.height());
    if (top.wantsKey()) {
      top.key = key(value.node());
      return;
    }
    top.values += value.values();
    if (top.values > MAX_VALUES) {
      throw new IllegalArgumentException("too many values, aliases unfolded");
    }
    if (top.node instanceof ArrayNode list) {
      list.add(value.node());
    } else if (top.merges) {
      merge(top, value.node());
      top.merges = false;
    } else {
      ObjectNode object = (ObjectNode) top.node;
      if (object.has(top.key) && !top.merged.remove(top.key)) {
        throw new IllegalArgumentException("the key " + Quote.quote(top.key) + " is there twice");
      }
      object.set(top.key, value.node());
      top.key = null;
    }
  }

  /**
   * Merges values ({@code <<}) as kubectl does: they override earlier keys, and the first of a list
   * overrides the later ones.
   */
  private static void merge(Frame frame, JsonNode given) {
    for (int i = given.isArray() ? given.size() - 1 : 0; i >= 0; i--) {
      JsonNode each = given.isArray() ? given.get(i) : given;
      if (!(each instanceof ObjectNode object)) {
        throw new IllegalArgumentException("<< takes an object or a list of objects");
      }
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        ((ObjectNode) frame.node).set(entry.getKey(), entry.getValue());
        frame.merged.add(entry.getKey());
      }
    }
  }

  private static String key(JsonNode node) {
    if (!node.isValueNode() || node.isNull()) {
      throw new IllegalArgumentException("a key that is not a text");
    }
    return node.asText();
  }
}
