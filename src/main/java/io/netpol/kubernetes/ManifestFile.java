package io.netpol.kubernetes;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netpol.policy.Quote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Reads one YAML or JSON file into documents.
 *
 * <p>Size, depth and what aliases unfold to are bounded, doubled keys are refused.
 */
final class ManifestFile {

  /** In bytes. An API server takes 3 MiB in one request. */
  static final int MAX_SIZE = 64 << 20;

  /** Of objects and lists in each other; a Pod needs about ten. */
  static final int MAX_DEPTH = 64;

  /** Values in one document, aliases unfolded. */
  static final int MAX_VALUES = 4_000_000;

  /** Aliases of objects and lists in one document. */
  private static final int MAX_ALIASES = 1000;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_SIZE)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final Path path;
  private final String name;

  private ManifestFile(Path path, String name) {
    this.path = path;
    this.name = name;
  }

  /**
   * All documents of the file in order.
   *
   * @param name what errors call the file
   */
  static List<ManifestDocument> read(Path path, String name) throws ManifestException {
    return new ManifestFile(path, name).read();
  }

  private List<ManifestDocument> read() throws ManifestException {
    String text = text();
    return name.toLowerCase(Locale.ROOT).endsWith(".json") ? json(text) : yaml(text);
  }

  private String text() throws ManifestException {
    try {
      if (!Files.isRegularFile(path)) { // reading a pipe or a device would never end
        throw new ManifestException(name + ": not a regular file");
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(path)) {
        bytes = in.readNBytes(MAX_SIZE + 1);
      }
      if (bytes.length > MAX_SIZE) {
        throw new ManifestException(name + ": larger than " + (MAX_SIZE >> 20) + " MiB");
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw new ManifestException(name + ": not UTF-8");
    } catch (IOException e) {
      throw new ManifestException(name + ": cannot be read: " + e.getMessage());
    }
  }

  private List<ManifestDocument> json(String text) throws ManifestException {
    List<ManifestDocument> documents = new ArrayList<>();
    try (MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(text)) {
      while (values.hasNextValue()) {
        JsonNode value = values.nextValue();
        documents.add(new ManifestDocument(name, documents.size() + 1, value));
      }
    } catch (JsonProcessingException e) {
      String line = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
      throw syntaxError(documents, e.getOriginalMessage() + line);
    } catch (IOException e) {
      throw syntaxError(documents, e.getMessage());
    }
    return documents;
  }

  private List<ManifestDocument> yaml(String text) throws ManifestException {
    LoadSettings settings =
        LoadSettings.builder()
            .setSchema(new CoreSchema())
            .setAllowDuplicateKeys(false)
            .setAllowRecursiveKeys(false)
            .setMaxAliasesForCollections(MAX_ALIASES)
            .setCodePointLimit(MAX_SIZE)
            .build();
    List<ManifestDocument> documents = new ArrayList<>();
    try {
      checkDepth(new Parse(settings).parseString(text));
      Iterator<Object> values = new Load(settings).loadAllFromString(text).iterator();
      while (values.hasNext()) {
        Object value = values.next();
        JsonNode content = value == null ? null : new YamlTree(MAX_DEPTH, MAX_VALUES).toJson(value);
        documents.add(new ManifestDocument(name, documents.size() + 1, content));
      }
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(m -> " (line " + (m.getLine() + 1) + ")").orElse("");
      throw syntaxError(documents, printable(e.getProblem()) + line);
    } catch (YamlEngineException | IllegalArgumentException e) {
      throw syntaxError(documents, printable(e.getMessage()));
    } catch (ClassCastException e) {
      throw syntaxError(documents, "a key that is not a text");
    }
    return documents;
  }

  /** The parser keeps its own stack, the composer recurses: so depth is looked at first. */
  private void checkDepth(Iterable<Event> events) throws ManifestException {
    int depth = 0;
    int document = 0;
    for (Event event : events) {
      switch (event.getEventId()) {
        case DocumentStart -> document++;
        case MappingStart, SequenceStart -> depth++;
        case MappingEnd, SequenceEnd -> depth--;
        default -> {}
      }
      if (depth > MAX_DEPTH) {
        throw new ManifestException(
            name + ": document " + document + ": nested deeper than " + MAX_DEPTH);
      }
    }
  }

  private ManifestException syntaxError(List<ManifestDocument> before, String reason) {
    return new ManifestDocument(name, before.size() + 1, null).error("", reason);
  }

  private static String printable(String text) {
    String quoted = Quote.quote(text == null ? "unreadable" : text.replace('"', '\''));
    return quoted.substring(1, quoted.length() - 1);
  }
}
