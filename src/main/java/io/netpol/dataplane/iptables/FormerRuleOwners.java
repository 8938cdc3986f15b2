package io.netpol.dataplane.iptables;

import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.SavedLines;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the pod that owned an address by the rules that the previous agent left in the kernel. */
final class FormerRuleOwners implements FormerOwners {

  /** The rules that lead packets of an address to the chains of pods. */
  private final Map<IpAddress, List<String>> rules = new HashMap<>();

  /**
   * Parses the output of {@code iptables-save} or {@code ip6tables-save}.
   *
   * @throws UnreadableListing if it ends within a line
   */
  public void read(String saved) {
    SavedLines.of("rules of an earlier agent", saved, SavedRule.BEFORE_CHAINS)
        .forEach(this::readRule);
  }

  private void readRule(String line) {
    boolean dispatches = line.startsWith("-A " + Names.FROM) || line.startsWith("-A " + Names.TO);
    if (!dispatches) {
      return;
    }
    String[] words = line.split(" ");
    IpAddress address = null;
    boolean toPod = false;
    for (int i = 0; i + 1 < words.length; i++) {
      switch (words[i]) {
        case "-s", "-d" -> address = address == null ? single(words[i + 1]) : address;
        case "-j", "-g" -> toPod = Names.isPodChain(words[i + 1]);
        default -> {}
      }
    }
    if (address != null && toPod) {
      rules.computeIfAbsent(address, a -> new ArrayList<>()).add(line);
    }
  }

  /** Returns the single address; null for a block, or a text that cannot be parsed. */
  private static IpAddress single(String text) {
    try {
      Cidr block = Cidr.parse(text);
      return block.prefix() == block.family().bits() ? block.base() : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public Set<IpAddress> addresses() {
    return Set.copyOf(rules.keySet());
  }

  @Override
  public boolean names(IpAddress address, ObjectKey pod) {
    return rules.getOrDefault(address, List.of()).stream().anyMatch(rule -> names(rule, pod));
  }

  /**
   * Checks the target chain, and the comment, because an earlier version may have named chains
   * differently.
   */
  private static boolean names(String rule, ObjectKey pod) {
    return rule.contains(Names.podChain(Direction.INGRESS, pod))
        || rule.contains(Names.podChain(Direction.EGRESS, pod))
        || SavedRule.labelOf(rule)
            .map(label -> label instanceof RuleLabel.OfPods pods && pods.names(pod))
            .orElse(false);
  }
}
