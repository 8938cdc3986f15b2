package io.netpol.route.check;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names the routes that the agent ships, and what those that it can't do without consume. */
public final class AgentRoutes {

  /** Routes that watch the API server. */
  public static final List<String> SOURCES =
      List.of("network-policies", "pods", "namespaces", "nodes");

  /** What each essential route consumes; null where any other endpoint does as well. */
  private static final Map<String, String> CONSUMED = new LinkedHashMap<>();

  static {
    SOURCES.forEach(source -> CONSUMED.put(source, "kubernetes-" + source + ":watch"));
    CONSUMED.put("policy", "direct:policy");
    CONSUMED.put("pipeline", "direct:event");
    CONSUMED.put("pending", "direct:pending");
    CONSUMED.put("batch", "direct:batch");
    CONSUMED.put("apply", "direct:apply");
    CONSUMED.put("apply-piece", "direct:apply-piece");
    CONSUMED.put("attempt", "direct:attempt");
    CONSUMED.put("bridge-ports", null);
    CONSUMED.put("learn-bridge-ports", "direct:learn-bridge-ports");
    CONSUMED.put("read-kernel", "direct:read-kernel");
    CONSUMED.put("save", "direct:save");
    CONSUMED.put("deliver", "direct:deliver");
    CONSUMED.put("exec", "direct:exec");
    CONSUMED.put("failed", "direct:failed");
    CONSUMED.put("dead-letter", "direct:dead-letter");
    CONSUMED.put("retry", null);
    CONSUMED.put("resync", null);
  }

  /** Routes without which a change of policies or pods does not completely reach the kernel. */
  public static final List<String> ESSENTIAL = List.copyOf(CONSUMED.keySet());

  /** All routes in the agent's own files, those that are not essential too. */
  public static final Set<String> SHIPPED =
      Stream.concat(
              ESSENTIAL.stream(),
              Stream.of(
                  "collect-garbage",
                  "check",
                  "terminate-connections",
                  "terminate-connections-again",
                  "letter-files",
                  "letter-request",
                  "events",
                  "lint",
                  "counters",
                  "notices"))
          .collect(Collectors.toUnmodifiableSet());

  private AgentRoutes() {}

  /** Returns what an essential route consumes; null where any endpoint does. */
  static String consumed(String route) {
    return CONSUMED.get(route);
  }
}
