package io.netpol.lab;

import io.netpol.cli.Netpol;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Directs the log of the demo's agents into a file, so that the console shows the demo alone.
 *
 * @param path the file; empty where somebody else has said what is logged where
 */
record DemoLog(Optional<Path> path) {
  private static final String CONFIGURATION = "log4j2.configurationFile";
  private static final int LAST_LINES = 20;

  /** Directs the log into a folder; to be called before anything is logged. */
  static DemoLog in(Path folder) {
    Path home = Netpol.home();
    String ours = home == null ? null : home.resolve("conf/log4j2.properties").toString();
    if (ours == null || !ours.equals(System.getProperty(CONFIGURATION))) {
      return new DemoLog(Optional.empty());
    }
    Path file = folder.resolve("agents.log");
    System.setProperty(CONFIGURATION, "classpath:demo/log4j2.properties");
    System.setProperty("netpol.demo.log", file.toString());
    return new DemoLog(Optional.of(file));
  }

  /** Shows the end of the file, which goes away with the demo. */
  void printTo(PrintWriter err) throws IOException {
    if (path.isEmpty() || !Files.exists(path.get())) {
      return;
    }
    List<String> lines = Files.readAllLines(path.get());
    err.println(lines.isEmpty() ? "The agents logged nothing." : "The agents' log ended with:");
    lines.stream()
        .skip(Math.max(0, lines.size() - LAST_LINES))
        .forEach(line -> err.println("  " + line));
    err.flush();
  }
}
