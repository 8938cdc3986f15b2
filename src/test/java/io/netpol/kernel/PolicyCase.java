package io.netpol.kernel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.netpol.model.DefaultIsolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A situation with the connections that the API documentation says can be made in it: one document
 * of the files in {@code src/test/resources/cases}.
 *
 * @param name says the behaviour; no two cases share one
 * @param because why the table is as expected, where the name doesn't say; may be null
 * @param isolation what isolates pods that no policy selects; null is {@link DefaultIsolation#OFF}
 * @param namespaces JSON merge patches (RFC 7386) of the usual namespaces, by name; may be null
 * @param pods JSON merge patches of the usual pods, by namespace/name; one that is new is created,
 *     null takes one away; may be null
 * @param policies NetworkPolicies
 * @param expect lines of an {@link Expectation}
 * @param rules texts that the rules of node n1 must hold, for what cannot be measured; may be null
 */
record PolicyCase(
    String name,
    String because,
    DefaultIsolation isolation,
    Map<String, JsonNode> namespaces,
    Map<String, JsonNode> pods,
    List<JsonNode> policies,
    List<String> expect,
    List<String> rules) {

  private static final Path FOLDER = Path.of("src/test/resources/cases");

  PolicyCase {
    isolation = isolation == null ? DefaultIsolation.OFF : isolation;
    namespaces = namespaces == null ? Map.of() : namespaces;
    pods = pods == null ? Map.of() : pods;
    policies = policies == null ? List.of() : policies;
    expect = expect == null ? List.of() : expect;
    rules = rules == null ? List.of() : rules;
  }

  /** All cases, in the order of their files' names. */
  static List<PolicyCase> all() throws IOException {
    ObjectMapper yaml =
        new ObjectMapper(
                YAMLFactory.builder()
                    .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    List<PolicyCase> cases = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> found = Files.list(FOLDER)) {
      files = found.sorted().toList();
    }
    for (Path file : files) {
      try (MappingIterator<PolicyCase> documents =
          yaml.readerFor(PolicyCase.class).readValues(file.toFile())) {
        documents.forEachRemaining(cases::add);
      } catch (JsonProcessingException | RuntimeException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    return cases;
  }

  @Override
  public String toString() {
    return name;
  }
}
