package io.netpol.dataplane.iptables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds the payloads for all tools.
 *
 * @param byTool the payload for each tool; empty text if a tool has nothing to do
 */
public record RestoreFiles(Map<KernelTool, String> byTool) {

  /**
   * Renders the payloads for the node of the cluster and a kernel that has nothing of the agent;
   * the same cluster gives the same bytes.
   */
  public static RestoreFiles of(Cluster cluster, RenderOptions options) {
    return new RestoreFiles(
        IptablesDataplane.empty(cluster, options)
            .plan(ReconcileRequest.wanted("render"), Set.of())
            .payloads(IptablesTools.ALL));
  }

  /**
   * Returns payloads that may be loaded over an earlier load, of the same objects or of others:
   * packets then traverse only these rules and members. Chains and sets that are no longer needed
   * stay, unreachable. The jumps of the earlier load stay beside the new ones, because a payload
   * cannot delete a rule that may not exist.
   */
  public RestoreFiles repeatable(RenderOptions options) {
    Map<KernelTool, String> repeatable = new TreeMap<>(byTool);
    repeatable.computeIfPresent(
        IptablesTools.IPSET, (tool, payload) -> RepeatableLoad.sets(payload));
    for (Family family : options.families()) {
      repeatable.compute(
          IptablesTools.of(family), (tool, payload) -> RepeatableLoad.table(payload));
    }
    return new RestoreFiles(repeatable);
  }

  /**
   * Returns whether a line only commits a transaction: a refusal of it may concern any line before.
   */
  static boolean endsTransaction(String line) {
    return line.equals("COMMIT");
  }

  /** Returns the payloads as files, in the order in which they are to be loaded. */
  List<RenderedFile> files() {
    return new TreeMap<>(byTool)
        .entrySet().stream()
            .map(
                each ->
                    new RenderedFile(
                        each.getKey(),
                        each.getKey().id() + ".restore",
                        each.getValue(),
                        statements(each.getValue())))
            .toList();
  }

  /** Returns the lines of a payload without those that frame its rules. */
  private static List<String> statements(String payload) {
    return payload
        .lines()
        .filter(line -> !line.startsWith("*") && !line.startsWith(":"))
        .filter(line -> !endsTransaction(line))
        .toList();
  }
}
