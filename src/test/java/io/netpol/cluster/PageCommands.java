package io.netpol.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shell commands of a page, in its order.
 *
 * @param byHeading the heading that commands stand under, and the commands
 */
record PageCommands(Map<String, List<String>> byHeading) {

  private static final String HERE_DOCUMENT = "<<'END'";

  /** Reads all blocks of a page that are marked {@code sh}; a here-document is one command. */
  static PageCommands of(Path page) throws IOException {
    Map<String, List<String>> byHeading = new LinkedHashMap<>();
    String heading = "";
    boolean inBlock = false;
    StringBuilder open = new StringBuilder();
    for (String line : Files.readAllLines(page)) {
      if (!inBlock) {
        inBlock = line.equals("```sh");
        heading = line.startsWith("#") ? line.replaceFirst("#+ ", "") : heading;
        continue;
      }
      if (line.equals("```")) {
        inBlock = false;
        continue;
      }
      open.append(line);
      if (open.indexOf(HERE_DOCUMENT) >= 0 && !line.equals("END")) {
        open.append('\n');
        continue;
      }
      byHeading.computeIfAbsent(heading, none -> new ArrayList<>()).add(open.toString());
      open.setLength(0);
    }
    return new PageCommands(byHeading);
  }

  /** The commands under a heading. */
  List<String> under(String heading) {
    return byHeading.get(heading);
  }
}
