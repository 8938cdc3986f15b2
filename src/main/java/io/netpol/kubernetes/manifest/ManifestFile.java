package io.netpol.kubernetes.manifest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netpol.kubernetes.parse.ParserError;
import io.netpol.kubernetes.parse.Reason;
import io.netpol.kubernetes.parse.RefusedObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Parses one YAML or JSON file into documents.
 *
 * <p>As for kubectl, a file is JSON if its name or its beginning says so. Size, depth and the
 * expansion of aliases are limited, and duplicate keys are refused.
 */
final class ManifestFile {

  /** The size limit in bytes. An API server accepts 3 MiB in one request. */
  static final int MAX_SIZE = 64 << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(YamlDocuments.MAX_DEPTH)
                          .maxStringLength(YamlDocuments.MAX_TEXT)
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
   * Adds all documents of the file to the list in order, up to the first that cannot be parsed.
   *
   * @param name the name of the file in errors
   */
  static void read(Path path, String name, List<ManifestDocument> documents)
      throws ManifestException {
    new ManifestFile(path, name).read(documents);
  }

  private void read(List<ManifestDocument> documents) throws ManifestException {
    String text = text();
    boolean json = name.toLowerCase(Locale.ROOT).endsWith(".json");
    if (json || text.stripLeading().startsWith("{")) {
      try {
        json(text, documents);
        return;
      } catch (ManifestException e) {
        if (json) {
          throw e;
        }
        documents.clear(); // YAML that begins with a brace
      }
    }
    YamlDocuments.read(name, text, documents);
  }

  private String text() throws ManifestException {
    try {
      if (!Files.isRegularFile(path)) { // reading a pipe or a device might never end
        throw error("not a regular file");
      }
      byte[] bytes;
      try (InputStream in = Files.newInputStream(path)) {
        bytes = in.readNBytes(MAX_SIZE + 1);
      }
      if (bytes.length > MAX_SIZE) {
        throw error("larger than " + (MAX_SIZE >> 20) + " MiB");
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw error("not UTF-8");
    } catch (IOException e) {
      throw error("cannot be read: " + Reason.ofFile(e));
    }
  }

  private ManifestException error(String reason) {
    return new ManifestException(new RefusedObject(name, 0, "", reason));
  }

  private void json(String text, List<ManifestDocument> documents) throws ManifestException {
    try (MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(text)) {
      while (values.hasNextValue()) {
        JsonNode value = values.nextValue();
        documents.add(new ManifestDocument(name, documents.size() + 1, value));
      }
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw syntaxError(documents, ParserError.reason(e), line);
    } catch (IOException e) {
      throw syntaxError(documents, ParserError.reason(e.getMessage()), 0);
    }
  }

  private ManifestException syntaxError(List<ManifestDocument> before, String reason, int line) {
    return new ManifestException(
        new RefusedObject(name, before.size() + 1, "", reason).atLine(line));
  }
}
