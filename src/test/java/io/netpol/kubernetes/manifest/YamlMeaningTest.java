package io.netpol.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Holds the reader to what kubectl makes of YAML: {@code kubectl-yaml.jsonl} is what {@code
 * k8s.io/apimachinery/pkg/util/yaml} 0.34.1 with {@code sigs.k8s.io/yaml} 1.6.0 gave.
 */
class YamlMeaningTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What kubectl takes, and is a mistake all the same: doubled keys, text after dots, tags that do
   * not fit; a tab or a NEL where YAML 1.2 has none; JSON that is none.
   */
  private static final Set<String> STRICTER =
      Set.of(
          "\"a\":1",
          "1: a\n\"1\": b",
          "a:\t1",
          "a: 1\n...\nb: 2",
          "a: 1\na: 2",
          "a: {b: 1, b: 2}",
          "v: !!binary aGk=",
          "v: !!map [1]",
          "v: !!omap [a: 1]",
          "v: !!set {a, b}",
          "v: !!str {a: 1}",
          "v: !foo 80",
          "v: 80\u0085w: 1",
          "yes: 1\ntrue: 2",
          "{\"a\": 1, \"a\": 2}");

  /** What only kubectl refuses; there is no other meaning that it could have. */
  private static final Set<String> LAXER =
      Set.of(
          "%YAML 1.1\n---\na: yes",
          "%YAML 1.2\n---\na: yes", "--- {a: 1}\n--- {b: 2}", "v: \"\\x41\\u0042\\/\"");

  @TempDir Path folder;

  private List<JsonNode> read(String yaml) throws IOException, ManifestException {
    Path file = folder.resolve("x.yaml");
    Files.writeString(file, yaml);
    List<ManifestDocument> documents = new ArrayList<>();
    ManifestFile.read(file, "x.yaml", documents);
    return documents.stream()
        .map(ManifestDocument::content)
        .filter(content -> content != null && !content.isNull())
        .toList();
  }

  private static List<JsonNode> table() throws IOException {
    List<JsonNode> table = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                YamlMeaningTest.class.getResourceAsStream("kubectl-yaml.jsonl"),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        table.add(JSON.readTree(line));
      }
    }
    return table;
  }

  @Test
  void yamlMeansWhatKubectlMakesOfIt() throws Exception {
    List<String> wrong = new ArrayList<>();
    Set<String> stricter = new TreeSet<>();
    Set<String> laxer = new TreeSet<>();
    for (JsonNode row : table()) {
      String yaml = row.get("yaml").asText();
      boolean refused = row.get("refused").asBoolean();
      try {
        List<JsonNode> documents = read(yaml);
        if (refused) {
          laxer.add(yaml);
        } else if (!equal(documents, row.get("documents"))) {
          wrong.add(yaml + " is " + documents + ", not " + row.get("documents"));
        }
      } catch (ManifestException e) {
        if (!refused) {
          stricter.add(yaml);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(stricter).isEqualTo(new TreeSet<>(STRICTER));
    assertThat(laxer).isEqualTo(new TreeSet<>(LAXER));
  }

  private static boolean equal(List<JsonNode> documents, JsonNode expected) throws IOException {
    // By way of text, so that 80 is 80 whatever class holds it.
    return JSON.readTree(JSON.writeValueAsString(documents)).equals(expected);
  }
}
