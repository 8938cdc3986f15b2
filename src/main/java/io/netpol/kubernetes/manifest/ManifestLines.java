package io.netpol.kubernetes.manifest;

import io.netpol.kubernetes.parse.RefusedObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Finds the line numbers of refused fields, by parsing their file again. */
final class ManifestLines {

  /** The lines by document and path; a path also stands for all paths below it. */
  private final Map<String, Integer> lines = new HashMap<>();

  private final Deque<Place> places = new ArrayDeque<>();
  private int document;

  private ManifestLines() {}

  /**
   * Holds an object or a list whose end was not parsed yet; the path is null if nobody needs it.
   */
  private static final class Place {
    final String path;
    final boolean isList;
    int index;
    String next;
    boolean atKey;

    Place(String path, boolean isList) {
      this.path = path;
      this.isList = isList;
      this.atKey = !isList;
    }
  }

  /**
   * Returns the objects with their lines, as far as these can be found; all objects are of one
   * file.
   */
  static List<RefusedObject> of(Path file, List<RefusedObject> refused) {
    if (refused.stream().noneMatch(each -> each.line() == 0 && each.document() > 0)) {
      return refused;
    }
    ManifestLines found = new ManifestLines();
    refused.forEach(each -> found.ask(each.document(), each.field()));
    try {
      for (Event event : YamlDocuments.events(Files.readString(file))) {
        found.take(event);
        if (found.places.size() > YamlDocuments.MAX_DEPTH) {
          break; // nothing below is needed, and further parsing has quadratic cost in the depth
        }
      }
    } catch (IOException | YamlEngineException e) {
      // Lines up to here are known; JSON with tabs cannot be parsed.
    }
    return refused.stream()
        .map(each -> each.line() == 0 ? each.atLine(found.line(each)) : each)
        .toList();
  }

  private static String key(int document, String path) {
    return document + " " + path;
  }

  private void ask(int inDocument, String field) {
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '.' || field.charAt(i) == '[') {
        lines.putIfAbsent(key(inDocument, field.substring(0, i)), 0);
      }
    }
    lines.putIfAbsent(key(inDocument, field), 0);
    lines.putIfAbsent(key(inDocument, ""), 0);
  }

  /**
   * Returns the line of the field; if the field is missing, that of the object which should have
   * it.
   */
  private int line(RefusedObject refused) {
    String path = refused.field();
    while (true) {
      int line = lines.getOrDefault(key(refused.document(), path), 0);
      if (line > 0 || path.isEmpty()) {
        return line;
      }
      path = path.substring(0, Math.max(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['))));
    }
  }

  private void take(Event event) {
    switch (event.getEventId()) {
      case DocumentStart -> document++;
      case MappingStart -> start(event, false);
      case SequenceStart -> start(event, true);
      case MappingEnd, SequenceEnd -> {
        places.pop();
        next();
      }
      case Scalar, Alias -> {
        Place top = places.peek();
        if (top != null && top.atKey) {
          top.next =
              event instanceof ScalarEvent scalar && top.path != null
                  ? asked(top.path, scalar.getValue(), YamlDocuments.line(event))
                  : null;
          top.atKey = false;
        } else {
          note(event);
          next();
        }
      }
      default -> {}
    }
  }

  private void start(Event event, boolean isList) {
    places.push(new Place(note(event), isList));
  }

  /** Records the line of a value, and returns its path; null if nobody needs it. */
  private String note(Event event) {
    Place top = places.peek();
    if (top == null) {
      lines.replace(key(document, ""), 0, YamlDocuments.line(event));
      return "";
    } else if (top.path == null) {
      return null;
    } else if (!top.isList) {
      return top.next;
    }
    String path = top.path + "[" + top.index + "]";
    return lines.replace(key(document, path), 0, YamlDocuments.line(event))
            || lines.containsKey(key(document, path))
        ? path
        : null;
  }

  private String asked(String path, String name, int line) {
    for (String child : List.of(ManifestObjects.join(path, name), path + "[" + name + "]")) {
      if (lines.containsKey(key(document, child))) {
        lines.replace(key(document, child), 0, line);
        return child;
      }
    }
    return null;
  }

  private void next() {
    Place top = places.peek();
    if (top != null) {
      top.index++;
      top.atKey = !top.isList;
    }
  }
}
