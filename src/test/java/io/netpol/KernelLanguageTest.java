package io.netpol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The text of a kernel interface is made and read by its back-end, and nowhere else. */
class KernelLanguageTest {

  private static final Path SOURCES = Path.of("src/main/java/io/netpol");

  private static final List<String> BACK_ENDS =
      List.of("dataplane/iptables/", "dataplane/ipset/", "dataplane/conntrack/");

  /** What people are to type, and the network of the demo. */
  private static final List<String> NO_RULES = List.of("cli/RenderCommand.java", "lab/");

  private static final Pattern BACK_END_CLASS =
      Pattern.compile("dataplane[./](?:iptables|ipset|nftables)\\b");

  /** Parts of what iptables-save and ipset save print, in a string of a program. */
  private static final Pattern WORDS =
      Pattern.compile(
          "\"[^\"]*(?:-A |-j |-g |-m |--match-set|--dport|--comment|--ctstate|\\*filter|COMMIT"
              + "|hash:(?!(?:ip|ip,port|net)\"\\))|icmp-port-unreachable|nomatch(?!\")|maxelem)"
              + "[^\"]*\"|\"(?:RETURN|DROP|REJECT|ACCEPT)\"");

  @Test
  void rulesAreDataOutsideOfTheBackEnd() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String name = SOURCES.relativize(file).toString();
        if (BACK_ENDS.stream().noneMatch(name::startsWith)
            && NO_RULES.stream().noneMatch(name::startsWith)) {
          find(file).forEach(line -> found.add(name + ": " + line));
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void onlyTheServiceFileNamesABackEnd() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path folder : List.of(Path.of("src/main"), Path.of("deploy"))) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          boolean below = file.startsWith(SOURCES.resolve("dataplane"));
          String text = Files.readString(file, StandardCharsets.ISO_8859_1);
          if (!below && BACK_END_CLASS.matcher(text).find()) {
            found.add(file.toString());
          }
        }
      }
    }
    assertThat(found)
        .containsExactly(
            "src/main/resources/META-INF/services/io.netpol.dataplane.DataplaneProvider");
  }

  @Test
  void wordsAreFoundInTheBackEnd() throws IOException {
    assertThat(find(SOURCES.resolve(BACK_ENDS.get(0) + "RuleWriter.java"))).isNotEmpty();
  }

  private static List<String> find(Path file) throws IOException {
    return Files.readAllLines(file).stream().filter(line -> WORDS.matcher(line).find()).toList();
  }
}
