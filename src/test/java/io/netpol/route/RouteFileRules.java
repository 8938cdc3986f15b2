package io.netpol.route;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Checks that a route file matches Camel's schema and has the ids that operators see in metrics and
 * logs. A {@code routeConfiguration} has no id, because only without one it applies to all routes.
 */
final class RouteFileRules {

  private static final Pattern KEBAB_CASE = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  /** Nodes that are not items of {@code steps}. All of them may have an id. */
  private static final Set<String> BRANCHES =
      Set.of(
          "route",
          "routeTemplate",
          "from",
          "when",
          "otherwise",
          "doCatch",
          "doFinally",
          "onFallback",
          "onException",
          "onCompletion",
          "intercept",
          "interceptFrom",
          "interceptSendToEndpoint");

  /** Camel's schema, read and compiled once: that takes a second. */
  private static final JsonNode SCHEMA = schema();

  private static final JsonSchema VALIDATOR =
      JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(SCHEMA);

  private final YAMLMapper yaml = new YAMLMapper();
  private final Set<String> kindsWithId = new HashSet<>(BRANCHES);
  private final Map<String, String> placeOfId = new HashMap<>();
  private final List<String> violations = new ArrayList<>();

  private RouteFileRules() {
    JsonNode definitions = SCHEMA.at("/items/definitions");
    definitions
        .at("/org.apache.camel.model.ProcessorDefinition/properties")
        .properties()
        .forEach(
            step -> {
              String reference = step.getValue().path("$ref").asText();
              JsonNode definition = definitions.path(reference.replaceFirst(".*/", ""));
              // If there is a short form, the properties are in one branch of a oneOf.
              if (definition.at("/properties").has("id")
                  || definition.findValues("properties").stream().anyMatch(p -> p.has("id"))) {
                kindsWithId.add(step.getKey());
              }
            });
  }

  private static JsonNode schema() {
    try (InputStream in = RouteFileRules.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns one line for each violation; a folder without route files is one. */
  static List<String> violations(Path folder) throws IOException {
    return new RouteFileRules().check(folder).violations;
  }

  private RouteFileRules check(Path folder) throws IOException {
    List<Path> files = List.of();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> found = Files.walk(folder)) {
        files = found.filter(f -> f.toString().endsWith(".camel.yaml")).sorted().toList();
      }
    }
    if (files.isEmpty()) {
      violations.add(folder + ": no *.camel.yaml in it");
    }
    for (Path file : files) {
      file(folder.relativize(file).toString(), file);
    }
    return this;
  }

  private void file(String name, Path file) throws IOException {
    JsonNode content = yaml.readTree(file.toFile());
    VALIDATOR.validate(content).forEach(message -> violations.add(name + ": " + message));
    for (JsonNode entry : content) {
      entry
          .properties()
          .forEach(
              item -> {
                String kind = item.getKey();
                if (kind.equals("from")) {
                  violations.add(
                      name + ": a bare from: write it as a route, with id and description");
                } else if (BRANCHES.contains(kind)) {
                  node(name + ": " + kind, kind, item.getValue());
                } else {
                  children(name + ": " + kind, item.getValue());
                }
              });
    }
  }

  private void node(String place, String kind, JsonNode node) {
    if (kindsWithId.contains(kind)) {
      id(place, node.path("id").asText(""));
    }
    if (kind.equals("route") && node.path("description").asText("").isBlank()) {
      violations.add(place + ": no description");
    }
    children(place, node);
  }

  private void id(String place, String id) {
    if (id.isEmpty()) {
      violations.add(place + ": no id");
    } else if (!KEBAB_CASE.matcher(id).matches()) {
      violations.add(place + ": id " + id + " is not kebab-case");
    } else {
      String other = placeOfId.putIfAbsent(id, place);
      if (other != null) {
        violations.add(place + ": id " + id + " stands at " + other + " too");
      }
    }
  }

  private void children(String place, JsonNode node) {
    node.properties()
        .forEach(
            child -> {
              String name = child.getKey();
              if (name.equals("steps")) {
                int number = 0;
                for (JsonNode step : child.getValue()) {
                  String at = place + "/steps/" + number++ + "/";
                  step.properties().forEach(s -> node(at + s.getKey(), s.getKey(), s.getValue()));
                }
              } else if (BRANCHES.contains(name)) {
                Iterable<JsonNode> nodes =
                    child.getValue().isArray() ? child.getValue() : List.of(child.getValue());
                // In a routeConfiguration each item of the list repeats its kind: onException:
                // [{onException: …}].
                nodes.forEach(n -> node(place + "/" + name, name, n.has(name) ? n.get(name) : n));
              }
            });
  }
}
