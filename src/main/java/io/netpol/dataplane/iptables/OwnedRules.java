package io.netpol.dataplane.iptables;

import io.netpol.dataplane.render.Names;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Finds what the agent owns in a saved filter table, whichever version wrote it: chains by name,
 * and every rule of another chain that jumps to one.
 *
 * @param chains the chains of the agent
 * @param rules the number of rules in these chains
 * @param jumps the rules of other chains that lead to these, as {@code CHAIN rule}
 */
record OwnedRules(Set<String> chains, int rules, List<String> jumps) {

  /** Nothing belongs to the agent. */
  static final OwnedRules NONE = new OwnedRules(Set.of(), 0, List.of());

  /** Finds the owned rules in a table. */
  static OwnedRules of(SavedTable table) {
    Set<String> chains = new LinkedHashSet<>();
    table.chains().stream().filter(Names::isOurs).forEach(chains::add);
    List<String> jumps = new ArrayList<>();
    int rules = 0;
    for (SavedRule rule : table.rules()) {
      if (Names.isOurs(rule.chain())) {
        rules++;
      } else if (Names.isOurs(rule.target())) {
        jumps.add(rule.chain() + " " + rule.text());
      }
    }
    return new OwnedRules(chains, rules, jumps);
  }

  boolean isEmpty() {
    return chains.isEmpty() && jumps.isEmpty();
  }

  /**
   * Returns one transaction for {@code iptables-restore --noflush} that removes jumps, then rules,
   * then chains.
   */
  String removal() {
    StringBuilder payload = new StringBuilder("*filter\n");
    jumps.forEach(jump -> payload.append("-D ").append(jump).append('\n'));
    chains.forEach(chain -> payload.append("-F ").append(chain).append('\n'));
    chains.forEach(chain -> payload.append("-X ").append(chain).append('\n'));
    return payload.append("COMMIT\n").toString();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%d jumps, %d chains with %d rules", jumps.size(), chains.size(), rules);
  }
}
