package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Checks the folder of the routes: an agent without routes would start, be healthy, and do nothing.
 */
public final class RoutesFolder {

  private RoutesFolder() {}

  /**
   * Makes sure that there are routes.
   *
   * @throws BadInputException if there are none
   */
  public static void check(String folder) throws IOException {
    Path path = Path.of(folder);
    if (folder.isEmpty() || !Files.isDirectory(path)) {
      throw new BadInputException(
          Setting.ROUTES.property()
              + ": no such folder: "
              + (folder.isEmpty() ? "(not set)" : folder));
    }
    try (Stream<Path> files = Files.list(path)) {
      if (files.noneMatch(file -> file.toString().endsWith(".camel.yaml"))) {
        throw new BadInputException(Setting.ROUTES.property() + ": no *.camel.yaml in " + folder);
      }
    }
  }
}
