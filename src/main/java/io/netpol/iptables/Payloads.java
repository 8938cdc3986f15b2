package io.netpol.iptables;

import io.netpol.policy.Cluster;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What a kernel that holds nothing of ours is given for a node.
 *
 * @param byTool the payload for each tool; empty text where a tool has nothing to do
 */
public record Payloads(Map<Tool, String> byTool) {

  /** The payloads for the node of the cluster; the same cluster gives the same bytes. */
  public static Payloads of(Cluster cluster, RenderOptions options) {
    Map<Tool, String> byTool = new EnumMap<>(Tool.class);
    for (Tool tool : Tool.values()) {
      byTool.put(tool, "");
    }
    Dataplane.empty(cluster, options)
        .attempt(Work.everything("render"), Set.of())
        .deliveries()
        .forEach(delivery -> byTool.merge(delivery.tool(), delivery.payload(), String::concat));
    return new Payloads(byTool);
  }
}
