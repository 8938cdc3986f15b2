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
 * Makes a tree of chains that finds the rules for a bridge port: each level branches on one more
 * character of the name. The kernel copies a multicast packet to every port, and each copy
 * traverses the tree.
 */
final class PortTree {

  /** The number of ports up to which a chain lists them one by one. */
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
   * @param root the first chain, which always exists
   * @param direction that of {@link Match.BridgePort}
   * @param ofPorts the rules for each port by its name, including the match of the port
   * @param last the rules for packets that match no rule of a port
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
