package io.netpol.cli;

import io.netpol.route.settings.Setting;
import java.nio.file.Path;

/** Prints the back-end that an agent takes; started where it would run. */
final class PrintBackEnd {

  private PrintBackEnd() {}

  /** Prints one line. */
  public static void main(String[] args) {
    System.out.println(
        BackendChoice.settings(Path.of(args[0]), System.getenv()).get(Setting.BACKEND));
  }
}
