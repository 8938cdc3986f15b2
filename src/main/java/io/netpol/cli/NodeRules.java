package io.netpol.cli;

import io.netpol.index.Cluster;
import io.netpol.route.settings.Setting;
import io.netpol.route.settings.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Holds the lines for the kernel of one node that a change removes and adds.
 *
 * @param byTool by the tool's command, lines that begin with {@code -} or {@code +} and a blank;
 *     only tools of which some differ
 */
record NodeRules(String node, SortedMap<String, List<String>> byTool) {

  /** Loads settings for rules that do not depend on the machine that writes them. */
  static Settings settings(Map<Setting, String> overrides) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.putIfAbsent(Setting.FAMILIES.variable(), "ipv4,ipv6");
    return Settings.load(Netpol.home(), environment, overrides);
  }

  /** Renders both states of one node, and compares. */
  static NodeRules of(String node, Cluster before, Cluster after, Settings settings) {
    SortedMap<String, List<String>> byTool = new TreeMap<>();
    SortedMap<String, List<String>> old = statements(before, settings);
    SortedMap<String, List<String>> now = statements(after, settings);
    for (String tool : now.keySet()) {
      List<String> differs = new ArrayList<>();
      only(old.get(tool), now.get(tool)).forEach(line -> differs.add("- " + line));
      only(now.get(tool), old.get(tool)).forEach(line -> differs.add("+ " + line));
      if (!differs.isEmpty()) {
        byTool.put(tool, differs);
      }
    }
    return new NodeRules(node, byTool);
  }

  /** Returns what each tool of the back-end states, by the tool's command. */
  private static SortedMap<String, List<String>> statements(Cluster cluster, Settings settings) {
    SortedMap<String, List<String>> byTool = new TreeMap<>();
    settings
        .dataplane()
        .render(cluster, settings.renderOptions())
        .forEach(file -> byTool.put(file.tool().id(), file.statements()));
    return byTool;
  }

  /** Returns the lines of one text that the other has not, in order. */
  private static List<String> only(List<String> lines, List<String> others) {
    Map<String, Integer> count = new HashMap<>();
    others.forEach(line -> count.merge(line, 1, Integer::sum));
    return lines.stream().filter(line -> count.merge(line, -1, Integer::sum) < 0).toList();
  }
}
