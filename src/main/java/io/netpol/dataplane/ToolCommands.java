package io.netpol.dataplane;

import java.util.List;
import java.util.Map;

/**
 * Says by which commands the tools of a dataplane are run on this host.
 *
 * @param lines by the tool's id, a dot, and what is done: {@code write} reads a payload from
 *     standard input, {@code read} prints what the kernel has, {@code count} prints that with
 *     counters; each a command with its arguments, in words between blanks
 * @param found what was found out about the host, for the log
 * @param warnings what on the host needs somebody's attention
 */
public record ToolCommands(Map<String, String> lines, List<String> found, List<String> warnings) {

  public ToolCommands {
    lines = Map.copyOf(lines);
    found = List.copyOf(found);
    warnings = List.copyOf(warnings);
  }

  /** Returns how many tools there are. */
  public int tools() {
    return (int) lines.keySet().stream().filter(name -> name.endsWith(".read")).count();
  }
}
