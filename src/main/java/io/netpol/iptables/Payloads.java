package io.netpol.iptables;

import io.netpol.policy.Cluster;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What tools are given.
 *
 * @param byTool the payload for each tool; empty text where a tool has nothing to do
 */
public record Payloads(Map<Tool, String> byTool) {

  /**
   * The payloads for a kernel that holds nothing of ours, on the node of the cluster; the same
   * cluster gives the same bytes.
   */
  public static Payloads of(Cluster cluster, RenderOptions options) {
    return of(
        Dataplane.empty(cluster, options).attempt(Work.everything("render"), Set.of()),
        List.of(Tool.values()));
  }

  /** The payloads of an attempt, those of one tool after each other. */
  public static Payloads of(Dataplane.Attempt attempt, Collection<Tool> tools) {
    Map<Tool, String> byTool = new EnumMap<>(Tool.class);
    tools.forEach(tool -> byTool.put(tool, ""));
    attempt
        .deliveries()
        .forEach(delivery -> byTool.merge(delivery.tool(), delivery.payload(), String::concat));
    return new Payloads(byTool);
  }
}
