package io.netpol.route;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.camel.component.exec.ExecCommand;

/** How many runs of each tool failed: it was missing, was killed, or ended with a bad status. */
public final class ToolFailures {

  /** The tools that are told apart. */
  public static final List<String> TOOLS = List.of("ipset", "iptables", "ip6tables", "conntrack");

  /** Any command in which none of these is to be seen. */
  public static final String OTHER = "other";

  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

  /** A run of this command failed. */
  void add(ExecCommand command) {
    counts.computeIfAbsent(tool(command), tool -> new AtomicLong()).incrementAndGet();
  }

  /** How many runs of one of {@link #TOOLS}, or of {@link #OTHER}, failed. */
  public long of(String tool) {
    AtomicLong count = counts.get(tool);
    return count == null ? 0 : count.get();
  }

  /** The tool of a command such as {@code ip netns exec NODE iptables-nft-restore --wait 10}. */
  private static String tool(ExecCommand command) {
    return Stream.concat(Stream.of(command.getExecutable()), command.getArgs().stream())
        .filter(word -> !word.isEmpty() && word.indexOf('\0') < 0)
        .map(word -> String.valueOf(Path.of(word).getFileName()).split("-", 2)[0])
        .filter(TOOLS::contains)
        .findFirst()
        .orElse(OTHER);
  }
}
