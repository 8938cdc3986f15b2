package io.netpol.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.route.settings.Setting;
import io.netpol.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What pages show of files and settings is what these are, and their links lead somewhere. */
class PagesTest {

  private static final Pattern FILE =
      Pattern.compile("<!-- file: (\\S+) -->\n(?:\n```\\w+\n.*?\n```\n)?", Pattern.DOTALL);
  private static final Pattern TABLE = Pattern.compile("<!-- settings -->\n(?:\n(?:\\|.*\n)*)?");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

  @Test
  void routesPageShowsTheFilesAsTheyAre() throws IOException {
    Path page = Path.of("docs/routes.md");
    Matcher files = FILE.matcher(Files.readString(page));
    StringBuilder text = new StringBuilder();
    while (files.find()) {
      Path file = Path.of(files.group(1));
      String language = file.toString().endsWith(".yaml") ? "yaml" : "properties";
      files.appendReplacement(
          text,
          Matcher.quoteReplacement(
              "<!-- file: %s -->\n\n```%s\n%s```\n"
                  .formatted(file, language, Files.readString(file))));
    }
    files.appendTail(text);
    Golden.check(page, text.toString());
  }

  @Test
  void routesPageNamesEveryFileAndExample() throws IOException {
    String page = Files.readString(Path.of("docs/routes.md"));
    for (String folder : List.of("routes", "examples")) {
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .filteredOn(name -> !name.equals("kustomization.yaml"))
            .isNotEmpty()
            .allMatch(page::contains);
      }
    }
  }

  @Test
  void settingsPageHasARowForEverySetting() throws IOException {
    Path page = Path.of("docs/settings.md");
    String rows =
        Arrays.stream(Setting.values())
            .map(
                setting ->
                    "| `%s` | `%s` | %s | %s |\n"
                        .formatted(
                            setting.property(),
                            setting.variable(),
                            setting.defaultValue().isEmpty()
                                ? ""
                                : "`" + setting.defaultValue() + "`",
                            setting.meaning().replace("|", "\\|")))
            .collect(Collectors.joining());
    String table =
        "<!-- settings -->\n\n| property | environment variable | default | meaning |\n| --- | --- | --- | --- |\n"
            + rows;
    String text =
        TABLE.matcher(Files.readString(page)).replaceFirst(Matcher.quoteReplacement(table));
    assertThat(text).contains(table);
    Golden.check(page, text);
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadToFiles(Path page) throws IOException {
    Matcher links = LINK.matcher(Files.readString(page));
    Path folder = page.toAbsolutePath().getParent();
    while (links.find()) {
      assertThat(folder.resolve(links.group(1))).as("%s", links.group()).exists();
    }
  }

  static List<Path> pages() throws IOException {
    try (Stream<Path> top = Files.list(Path.of(""));
        Stream<Path> docs = Files.list(Path.of("docs"))) {
      return Stream.concat(top, docs)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }
}
