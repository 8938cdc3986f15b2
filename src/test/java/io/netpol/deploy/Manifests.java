package io.netpol.deploy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads manifests as the API server would with strict field validation: a field it doesn't know is
 * an error.
 */
final class Manifests {

  /**
   * fabric8's model keeps unknown fields in a map of their own; without that map Jackson refuses
   * them.
   */
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return false;
                }
              })
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private final List<JsonNode> documents;

  private Manifests(List<JsonNode> documents) {
    this.documents = documents;
  }

  static Manifests read(Path... files) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    YAMLMapper yaml = new YAMLMapper();
    for (Path file : files) {
      try (var values = yaml.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
        values.forEachRemaining(documents::add);
      }
    }
    return new Manifests(documents);
  }

  List<String> kinds() {
    return documents.stream().map(document -> document.path("kind").asText()).toList();
  }

  /** The only object of this kind. */
  <T extends HasMetadata> T only(Class<T> type) throws IOException {
    List<T> found = all(type);
    if (found.size() != 1) {
      throw new AssertionError(found.size() + " objects of " + type);
    }
    return found.get(0);
  }

  /** The objects of this kind. */
  <T extends HasMetadata> List<T> all(Class<T> type) throws IOException {
    List<JsonNode> found =
        documents.stream()
            .filter(document -> document.path("kind").asText().equals(HasMetadata.getKind(type)))
            .filter(
                document ->
                    document.path("apiVersion").asText().equals(HasMetadata.getApiVersion(type)))
            .toList();
    List<T> objects = new ArrayList<>();
    for (JsonNode document : found) {
      objects.add(STRICT.treeToValue(document, type));
    }
    return objects;
  }
}
