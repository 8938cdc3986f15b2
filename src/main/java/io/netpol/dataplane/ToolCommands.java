package io.netpol.dataplane;

import java.util.List;
import java.util.Map;

/**
 * Lists the commands that run the tools of a dataplane on this host.
 *
 * @param lines the command lines by the id of the tool, a dot, and a verb: {@code write} reads a
 *     payload from standard input, {@code read} lists the kernel's state, {@code count} lists it
 *     with counters; words are separated by blanks
 * @param found findings about the host, for the log
 * @param warnings conditions of the host that need attention
 */
public record ToolCommands(Map<String, String> lines, List<String> found, List<String> warnings) {

  public ToolCommands {
    lines = Map.copyOf(lines);
    found = List.copyOf(found);
    warnings = List.copyOf(warnings);
  }

  /** Returns the number of tools. */
  public int tools() {
    return (int) lines.keySet().stream().filter(name -> name.endsWith(".read")).count();
  }
}
