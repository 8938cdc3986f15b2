package io.netpol.route.check;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Holds the text of one route file.
 *
 * @param name the name without its folder
 */
public record RouteFile(String name, String text) {

  private static final String SUFFIX = ".camel.yaml";

  /**
   * Reads all route files of a folder, in the order of their names.
   *
   * @throws IOException with the name of the file that cannot be read
   */
  public static List<RouteFile> in(Path folder) throws IOException {
    List<Path> found;
    try (Stream<Path> listed = Files.list(folder)) {
      found = listed.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    }
    List<RouteFile> files = new ArrayList<>();
    for (Path file : found) {
      String name = file.getFileName().toString();
      try {
        files.add(new RouteFile(name, Files.readString(file)));
      } catch (CharacterCodingException e) {
        throw new CharacterCodingException() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            return name + " is not UTF-8";
          }
        };
      }
    }
    return files;
  }
}
