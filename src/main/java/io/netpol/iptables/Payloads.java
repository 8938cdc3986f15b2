package io.netpol.iptables;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.policy.Cluster;
import io.netpol.policy.Family;
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

  /**
   * Returns payloads that may be loaded over an earlier load, of the same objects or of others:
   * packets then meet these rules and members only. Chains and sets that are no longer needed stay,
   * and no packet gets to them. The jumps of the earlier load stay beside the new ones, because no
   * payload can remove a rule that may not be there.
   */
  public Payloads repeatable(RenderOptions options) {
    Map<Tool, String> repeatable = new EnumMap<>(byTool);
    repeatable.computeIfPresent(Tool.IPSET, (tool, payload) -> RepeatableLoad.sets(payload));
    for (Family family : options.families()) {
      repeatable.compute(Tool.of(family), (tool, payload) -> RepeatableLoad.table(payload));
    }
    return new Payloads(repeatable);
  }

  /** The lines of a tool's payload, without those that stand around rules. */
  public List<String> content(Tool tool) {
    return byTool
        .get(tool)
        .lines()
        .filter(line -> !line.startsWith("*") && !line.startsWith(":"))
        .filter(line -> !Delivery.endsTransaction(line))
        .toList();
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
