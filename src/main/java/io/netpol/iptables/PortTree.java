package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds the rules for a port of a bridge without looking at every port: chains that branch on one
 * more character of its name at a time. A packet to a group is copied to every port, and each copy
 * looks for its own.
 */
final class PortTree {

  /** Up to so many ports are listed one after the other. */
  private static final int LEAF_SIZE = 8;

  private final String root;
  private final String option;
  private final List<String> last;
  private final Map<String, List<String>> chains = new TreeMap<>();

  private PortTree(String root, String option, List<String> last) {
    this.root = root;
    this.option = option;
    this.last = last;
  }

  /**
   * The chains of a tree.
   *
   * @param root its first chain, which is always there
   * @param option {@code --physdev-in} or {@code --physdev-out}
   * @param lines the rules for each port by its name, complete with it
   * @param last rules for packets that no line took
   */
  static Map<String, List<String>> chains(
      String root, String option, SortedMap<String, List<String>> lines, List<String> last) {
    PortTree tree = new PortTree(root, option, last);
    tree.chains.put(root, tree.level(lines));
    return tree.chains;
  }

  /** The match of a port; with {@code +} at its end any whose name starts so. */
  static String match(String option, String port) {
    return "physdev " + option + " " + port + " --physdev-is-bridged";
  }

  private List<String> level(SortedMap<String, List<String>> lines) {
    List<String> rules = new ArrayList<>();
    if (lines.size() <= LEAF_SIZE) {
      lines.values().forEach(rules::addAll);
    } else {
      int length = commonPrefix(lines.firstKey(), lines.lastKey());
      SortedMap<String, SortedMap<String, List<String>>> branches = new TreeMap<>();
      lines.forEach(
          (port, rulesOfPort) ->
              branches
                  .computeIfAbsent(
                      port.substring(0, Math.min(length + 1, port.length())), p -> new TreeMap<>())
                  .put(port, rulesOfPort));
      branches.forEach((prefix, branch) -> branch(prefix, branch, rules));
    }
    rules.addAll(last);
    return List.copyOf(rules);
  }

  private void branch(String prefix, SortedMap<String, List<String>> branch, List<String> rules) {
    if (branch.size() == 1) {
      branch.values().forEach(rules::addAll);
      return;
    }
    String chain = Names.portChain(root, prefix);
    chains.put(chain, level(branch));
    rules.add(rule().match(match(option, prefix + "+")).goTo(chain));
  }

  private static int commonPrefix(String first, String last) {
    int length = 0;
    while (length < Math.min(first.length(), last.length())
        && first.charAt(length) == last.charAt(length)) {
      length++;
    }
    return length;
  }
}
