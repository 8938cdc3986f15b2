package io.netpol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.netpol.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What explain says to each of the questions in {@code explain/cases.yaml}. */
class ExplainTextTest {

  private static final Path FOLDER = Path.of("src/test/resources/explain");
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  record Case(String name, String ask, List<ObjectNode> policies) {}

  @TempDir private Path manifests;

  @Test
  void saysWhatPeopleHaveLookedAt() throws IOException {
    Files.copy(FOLDER.resolve("cluster.yaml"), manifests.resolve("cluster.yaml"));
    StringBuilder text = new StringBuilder();
    for (Case each : cases()) {
      CommandRun run = run(each);
      text.append("### ").append(each.name()).append('\n');
      text.append("$ netpol explain ").append(each.ask()).append('\n');
      text.append(run.out()).append(run.err());
      text.append("exit status ").append(run.status()).append("\n\n");
    }
    Golden.check(FOLDER.resolve("answers.txt"), text.toString());
  }

  @Test
  void fitsATerminalAndHasNoColourThere() throws IOException {
    Files.copy(FOLDER.resolve("cluster.yaml"), manifests.resolve("cluster.yaml"));
    for (Case each : cases()) {
      assertThat(run(each).out().lines())
          .as(each.name())
          .allSatisfy(
              line -> {
                // A single name may be longer than a line.
                assertThat(line.length() <= 80 || line.trim().split(" ").length <= 3).isTrue();
                assertThat(line).doesNotContain("\u001b").doesNotEndWith(" ");
              });
    }
  }

  @Test
  void noTwoCasesShareAName() throws IOException {
    assertThat(cases()).extracting(Case::name).doesNotHaveDuplicates().hasSizeGreaterThan(60);
  }

  private CommandRun run(Case each) throws IOException {
    Files.writeString(manifests.resolve("policies.yaml"), policies(each));
    List<String> args = new ArrayList<>(List.of("explain"));
    args.addAll(List.of(each.ask().split(" ")));
    args.addAll(List.of("--manifests", manifests.toString()));
    return CommandRun.of(args.toArray(String[]::new));
  }

  private static String policies(Case each) throws IOException {
    StringBuilder text = new StringBuilder();
    for (ObjectNode spec : each.policies() == null ? List.<ObjectNode>of() : each.policies()) {
      ObjectNode policy = YAML.createObjectNode();
      policy.put("apiVersion", "networking.k8s.io/v1").put("kind", "NetworkPolicy");
      ObjectNode metadata = policy.putObject("metadata");
      metadata.set("name", spec.remove("name"));
      JsonNode namespace = spec.remove("namespace");
      metadata.put("namespace", namespace == null ? "shop" : namespace.asText());
      policy.set("spec", spec);
      text.append(YAML.writeValueAsString(policy));
    }
    return text.toString();
  }

  private static List<Case> cases() throws IOException {
    try (MappingIterator<Case> documents =
        YAML.readerFor(Case.class).readValues(FOLDER.resolve("cases.yaml").toFile())) {
      return documents.readAll();
    }
  }
}
