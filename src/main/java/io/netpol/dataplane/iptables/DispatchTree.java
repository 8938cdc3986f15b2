package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes a tree of chains that finds the rules for an address: each level branches on two more bits,
 * so that the number of rules that a packet traverses grows with the logarithm of the number of
 * addresses. Every chain is for a block with an even prefix length, whatever other addresses there
 * are, so that one address more or less changes only the chains on the way to it.
 */
final class DispatchTree {

  private static final int BITS_PER_LEVEL = 2;

  /** The number of addresses up to which a chain lists them one by one. */
  private static final int LEAF_SIZE = 4;

  private final String root;
  private final Address by;
  private final List<Guard> guards;
  private final List<Chain> chains = new ArrayList<>();

  /**
   * Applies a rule to packets of a block that match no rule of an address.
   *
   * @param rule including the match of the block
   */
  record Guard(Cidr block, Rule rule) {}

  private DispatchTree(String root, List<Guard> guards) {
    this.root = root;
    this.guards = guards;
    this.by = root.equals(Names.FROM) ? Address.SOURCE : Address.DESTINATION;
  }

  /**
   * Returns the chains of a tree.
   *
   * @param root {@link Names#FROM} or {@link Names#TO}
   * @param ofAddresses the rules for each address of one family, including the match of the address
   * @param guards come last in every chain that packets of their block traverse
   * @return the rules by chain; always with the root, empty if there are no addresses
   */
  static List<Chain> chains(
      String root, SortedMap<IpAddress, List<Rule>> ofAddresses, List<Guard> guards) {
    DispatchTree tree = new DispatchTree(root, guards);
    List<Rule> rules = new ArrayList<>(tree.level(ofAddresses));
    guards.forEach(guard -> rules.add(guard.rule()));
    tree.chains.add(new Chain(root, rules));
    return tree.chains;
  }

  private List<Rule> level(SortedMap<IpAddress, List<Rule>> ofAddresses) {
    List<Rule> rules = new ArrayList<>();
    if (ofAddresses.size() <= LEAF_SIZE) {
      ofAddresses.values().forEach(rules::addAll);
      return rules;
    }
    int depth = commonPrefix(ofAddresses.firstKey(), ofAddresses.lastKey());
    int width = (depth / BITS_PER_LEVEL + 1) * BITS_PER_LEVEL;
    SortedMap<Cidr, SortedMap<IpAddress, List<Rule>>> branches = new TreeMap<>();
    ofAddresses.forEach(
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
            List<Rule> below = new ArrayList<>(level(branch));
            guards.stream()
                .filter(guard -> guard.block().overlaps(block))
                .forEach(guard -> below.add(guard.rule()));
            chains.add(new Chain(chain, below));
            rules.add(Rule.of(new Action.GoTo(chain), new Match.InBlock(by, block)));
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
