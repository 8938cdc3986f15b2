package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.Rule;
import io.netpol.model.Direction;
import java.util.ArrayList;
import java.util.List;
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
  private final Direction direction;
  private final List<Rule> last;
  private final List<Chain> chains = new ArrayList<>();

  private PortTree(String root, Direction direction, List<Rule> last) {
    this.root = root;
    this.direction = direction;
    this.last = last;
  }

  /**
   * Returns the chains of a tree.
   *
   * @param root its first chain, which is always there
   * @param direction that of {@link Match.BridgePort}
   * @param ofPorts the rules for each port by its name, complete with it
   * @param last rules for packets that no rule of a port took
   */
  static List<Chain> chains(
      String root, Direction direction, SortedMap<String, List<Rule>> ofPorts, List<Rule> last) {
    PortTree tree = new PortTree(root, direction, last);
    tree.chains.add(new Chain(root, tree.level(ofPorts)));
    return tree.chains;
  }

  private List<Rule> level(SortedMap<String, List<Rule>> ofPorts) {
    List<Rule> rules = new ArrayList<>();
    if (ofPorts.size() <= LEAF_SIZE) {
      ofPorts.values().forEach(rules::addAll);
    } else {
      int length = commonPrefix(ofPorts.firstKey(), ofPorts.lastKey());
      SortedMap<String, SortedMap<String, List<Rule>>> branches = new TreeMap<>();
      ofPorts.forEach(
          (port, rulesOfPort) ->
              branches
                  .computeIfAbsent(
                      port.substring(0, Math.min(length + 1, port.length())), p -> new TreeMap<>())
                  .put(port, rulesOfPort));
      branches.forEach((prefix, branch) -> branch(prefix, branch, rules));
    }
    rules.addAll(last);
    return rules;
  }

  private void branch(String prefix, SortedMap<String, List<Rule>> branch, List<Rule> rules) {
    if (branch.size() == 1) {
      branch.values().forEach(rules::addAll);
      return;
    }
    String chain = Names.portChain(root, prefix);
    chains.add(new Chain(chain, level(branch)));
    rules.add(Rule.of(new Action.GoTo(chain), new Match.BridgePort(direction, prefix, true)));
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
