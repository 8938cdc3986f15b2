package io.netpol.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.component.exec.ExecException;
import org.apache.camel.component.kubernetes.KubernetesConstants;
import org.junit.jupiter.api.Test;

/** Names on the page of the architecture, and in its picture, are those of the code and routes. */
class ArchitecturePageTest {

  private static final Path PAGE = Path.of("docs/architecture.md");
  private static final Path DOT = Path.of("docs/architecture/pod-event.dot");
  private static final Path SVG = Path.of("docs/architecture/pod-event.svg");
  private static final Path JAVA = Path.of("src/main/java/io/netpol");

  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LABEL = Pattern.compile("label=(\"[^\"]*\"|<.*>)(?=[,;\\]])");
  private static final Pattern STEP = Pattern.compile("([a-z][a-z-]*)/([a-z][a-z-]*)");
  private static final Pattern TWO_WORDS = Pattern.compile("\\b[A-Z]\\w*[a-z][A-Z]\\w*");
  private static final Pattern METHOD = Pattern.compile("(\\w+)\\.(\\w+)");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"\\n]+)\"");

  /** What the page names that is neither the project's nor Camel's. */
  private static final Set<String> OTHERS =
      Set.of("route/step", "shop/web", "…Configuration", "synchronized", "@GuardedBy");

  private final Map<String, Set<String>> stepsOfRoutes = new HashMap<>();
  private final Map<String, String> sourceOfClasses = new HashMap<>();
  private final Set<String> names = new HashSet<>(OTHERS);

  ArchitecturePageTest() throws IOException {
    names.add(KubernetesConstants.KUBERNETES_EVENT_ACTION);
    names.add(KubernetesConstants.KUBERNETES_EVENT_TIMESTAMP);
    names.add(ExecException.class.getSimpleName());
    names.add("ArchitectureTest");
    readClasses();
    for (Path file : files(Path.of("routes"), ".camel.yaml")) {
      readRoutes(file);
    }
  }

  /** Classes, packages, and what the code has in quotes: headers, variables, settings, threads. */
  private void readClasses() throws IOException {
    for (Path file : files(JAVA, ".java")) {
      String source = Files.readString(file);
      sourceOfClasses.put(file.getFileName().toString().replace(".java", ""), source);
      for (Path folder = file.getParent(); !folder.equals(JAVA); folder = folder.getParent()) {
        names.add(folder.getFileName().toString());
        names.add(JAVA.relativize(folder).toString().replace('/', '.'));
      }
      QUOTED.matcher(source).results().map(quoted -> quoted.group(1)).forEach(names::add);
    }
    names.addAll(sourceOfClasses.keySet());
  }

  private void readRoutes(Path file) throws IOException {
    for (JsonNode item : new YAMLMapper().readTree(file.toFile())) {
      JsonNode route = item.elements().next();
      String id = route.path("id").asText();
      stepsOfRoutes.put(id, allOf(route, "id").collect(Collectors.toSet()));
      names.add(id);
      allOf(route, "uri").forEach(names::add);
      allOf(route, "ref").forEach(names::add);
      allOf(route, "onRedeliveryRef").map(ref -> ref.replace("#", "")).forEach(names::add);
    }
  }

  private static Stream<String> allOf(JsonNode node, String field) {
    return Stream.concat(
        node.path(field).isTextual() ? Stream.of(node.path(field).asText()) : Stream.empty(),
        node.valueStream().flatMap(inner -> allOf(inner, field)));
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }

  @Test
  void namesOfThePageAreThoseOfTheCode() throws IOException {
    Set<String> named =
        CODE.matcher(Files.readString(PAGE))
            .results()
            .map(code -> code.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).hasSizeGreaterThan(50).allSatisfy(this::exists);
  }

  @Test
  void namesOfThePictureAreThoseOfTheCode() throws IOException {
    String labels =
        Files.readAllLines(DOT).stream()
            .flatMap(line -> LABEL.matcher(line).results())
            .map(label -> label.group(1).replaceAll("</?b>", "").replaceAll("<br/>", " "))
            .collect(Collectors.joining("\n"));
    Set<String> named =
        Stream.of(STEP, TWO_WORDS)
            .flatMap(pattern -> pattern.matcher(labels).results())
            .map(MatchResult::group)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(named).contains("pipeline/enrich", "BatchWindow").allSatisfy(this::exists);
  }

  private void exists(String name) {
    if (names.contains(name)) {
      return;
    }
    var step = STEP.matcher(name);
    if (step.matches()) {
      assertThat(stepsOfRoutes.getOrDefault(step.group(1), Set.of()))
          .as("steps of the route of %s", name)
          .contains(step.group(2));
      return;
    }
    var method = METHOD.matcher(name);
    assertThat(method.matches()).as("%s is a name in code or routes", name).isTrue();
    assertThat(sourceOfClasses).containsKey(method.group(1));
    assertThat(sourceOfClasses.get(method.group(1)))
        .as("source of the class of %s", name)
        .containsPattern("\\b" + method.group(2) + "\\(");
  }

  @Test
  void pictureIsMadeFromItsText() throws IOException, NoSuchAlgorithmException {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(DOT));
    assertThat(Files.readString(SVG, UTF_8))
        .as("%s is made anew by the command at the top of %s", SVG, DOT)
        .contains("<!-- sha256 " + HexFormat.of().formatHex(digest) + " -->");
  }
}
