package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.policy.Cidr;
import io.netpol.policy.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds the rules for an address without looking at every address: chains that branch on two more
 * bits at a time, so that the rules a packet meets grow with the logarithm of the addresses.
 */
final class DispatchTree {

  private static final int BITS_PER_LEVEL = 2;

  /** Up to so many addresses are listed one after the other. */
  private static final int LEAF_SIZE = 4;

  private final String root;
  private final boolean bySource;
  private final List<Guard> guards;
  private final Map<String, List<String>> chains = new TreeMap<>();

  /**
   * A line for packets in a block that no line of an address took.
   *
   * @param line complete with the block
   */
  record Guard(Cidr block, String line) {}

  private DispatchTree(String root, List<Guard> guards) {
    this.root = root;
    this.guards = guards;
    this.bySource = root.equals(Names.FROM);
  }

  /**
   * The chains of a tree.
   *
   * @param root {@link Names#FROM} or {@link Names#TO}
   * @param lines the rules for each address of one family, complete with the address
   * @param guards come last in every chain that packets of their block meet
   * @return the rules by chain; the root is always there, empty where there are no addresses
   */
  static Map<String, List<String>> chains(
      String root, SortedMap<IpAddress, List<String>> lines, List<Guard> guards) {
    DispatchTree tree = new DispatchTree(root, guards);
    List<String> rules = new ArrayList<>(tree.level(lines));
    guards.forEach(guard -> rules.add(guard.line()));
    tree.chains.put(root, List.copyOf(rules));
    return tree.chains;
  }

  private List<String> level(SortedMap<IpAddress, List<String>> lines) {
    List<String> rules = new ArrayList<>();
    if (lines.size() <= LEAF_SIZE) {
      lines.values().forEach(rules::addAll);
      return rules;
    }
    int depth = commonPrefix(lines.firstKey(), lines.lastKey());
    int width = Math.min(depth + BITS_PER_LEVEL, lines.firstKey().family().bits());
    SortedMap<Cidr, SortedMap<IpAddress, List<String>>> branches = new TreeMap<>();
    lines.forEach(
        (address, rulesOfAddress) ->
            branches
                .computeIfAbsent(new Cidr(address, width), block -> new TreeMap<>())
                .put(address, rulesOfAddress));
    branches.forEach(
        (block, branch) -> {
          if (branch.size() == 1) {
            branch.values().forEach(rules::addAll);
          } else {
            String chain = Names.dispatchChain(root, block);
            List<String> below = new ArrayList<>(level(branch));
            guards.stream()
                .filter(guard -> guard.block().overlaps(block))
                .forEach(guard -> below.add(guard.line()));
            chains.put(chain, List.copyOf(below));
            rules.add((bySource ? rule().source(block) : rule().destination(block)).goTo(chain));
          }
        });
    return rules;
  }

  private static int commonPrefix(IpAddress first, IpAddress last) {
    int length = 0;
    while (length < first.family().bits() && first.bit(length) == last.bit(length)) {
      length++;
    }
    return length;
  }
}
