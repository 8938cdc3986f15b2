package io.netpol.dataplane.iptables;

import io.netpol.dataplane.ipset.IpSet;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Formats the desired state of one family in the syntax of its tools. */
final class DesiredText {

  private DesiredText() {}

  static String of(
      Family family, Map<String, List<String>> chains, Map<String, IpSet> sets, Cluster cluster) {
    StringBuilder text = new StringBuilder();
    text.append("# ipset, ").append(family).append('\n');
    new TreeMap<>(sets)
        .forEach(
            (name, set) -> {
              List<String> entries =
                  set.pods().isEmpty()
                      ? set.entries()
                      : !cluster.isTracked(set.pods().get())
                          ? List.of()
                          : cluster.members(set.pods().get()).stream()
                              .map(IpSet::text)
                              .sorted()
                              .toList();
              text.append("create ").append(name).append(' ');
              text.append(set.header(entries.size())).append('\n');
              entries.forEach(e -> text.append("add " + name + " " + e + "\n"));
            });
    text.append("# ").append(IptablesTools.of(family).id()).append("\n*filter\n");
    Map<String, List<String>> sorted = new TreeMap<>(chains);
    sorted.keySet().forEach(chain -> text.append(":").append(chain).append(" - [0:0]\n"));
    sorted.forEach(
        (chain, rules) -> rules.forEach(rule -> text.append("-A " + chain + " " + rule + "\n")));
    return text.append("COMMIT\n").toString();
  }
}
