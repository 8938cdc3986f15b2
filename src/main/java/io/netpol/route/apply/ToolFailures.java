package io.netpol.route.apply;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.camel.component.exec.ExecCommand;

/** Counts the failed runs of each tool: it was missing, was killed, or had a bad exit status. */
public final class ToolFailures {

  /** The tools that are counted separately. */
  public static final List<String> TOOLS = List.of("ipset", "iptables", "ip6tables", "conntrack");

  /** Counts commands that name none of {@link #TOOLS}. */
  public static final String OTHER = "other";

  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

  /** Counts a failed run. */
  void add(ExecCommand command) {
    counts.computeIfAbsent(tool(command), tool -> new AtomicLong()).incrementAndGet();
  }

  /** Returns how many runs of one of {@link #TOOLS}, or of {@link #OTHER}, failed. */
  public long of(String tool) {
    AtomicLong count = counts.get(tool);
    return count == null ? 0 : count.get();
  }

  /**
   * Finds the tool of a command such as {@code ip netns exec NODE iptables-nft-restore --wait 10}.
   */
  private static String tool(ExecCommand command) {
    return Stream.concat(Stream.of(command.getExecutable()), command.getArgs().stream())
        .filter(word -> !word.isEmpty() && word.indexOf('\0') < 0)
        .map(word -> String.valueOf(Path.of(word).getFileName()).split("-", 2)[0])
        .filter(TOOLS::contains)
        .findFirst()
        .orElse(OTHER);
  }
}
