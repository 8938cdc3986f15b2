package io.netpol.dataplane.iptables;

import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.reconcile.ObservedState;
import io.netpol.dataplane.reconcile.ObservedState.Jumps;
import io.netpol.dataplane.reconcile.ObservedState.ReadChains;
import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.Rule;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;

/**
 * Writes the difference of one family's filter table as one transaction that contains only chains
 * of the agent.
 */
final class FilterTableDiff {

  /** The kernel's chains whose first rule must be a jump of the agent. */
  static final List<String> HOOKS = List.of("FORWARD", "OUTPUT");

  /**
   * The jumps from the base chains of the kernel. In OUTPUT, packets from the node itself are
   * exempt; those that IPVS forwards are not.
   */
  private static final Map<String, String> HOOK_RULES =
      Map.of(
          "FORWARD", hook(Rule.of(new Action.Jump(Names.FORWARD))),
          "OUTPUT", hook(Rule.of(new Action.Jump(Names.FORWARD), new Match.FromElsewhere())));

  private FilterTableDiff() {}

  private static String hook(Rule rule) {
    return new RuleWriter(Family.IPV4).write(rule).get(0); // as for the other family
  }

  /**
   * Returns the transaction that turns the observed into the desired table; empty if they are
   * equal.
   *
   * @param desired chains that must exist with exactly these rules
   * @param unwanted chains that must not exist
   * @param base whether the base chains must be hooked
   */
  static Optional<PendingTransaction> between(
      Family family,
      Map<String, List<String>> desired,
      Set<String> unwanted,
      boolean base,
      ObservedState observed) {
    Map<String, List<String>> has = observed.chains();
    SortedMap<String, List<String>> write = observed.differing(desired);
    Set<String> remove = observed.existing(unwanted);
    if (!base) {
      keepBase(has, write, remove);
    }
    List<String> hooks = base ? hooks(observed) : List.of();
    if (write.isEmpty() && remove.isEmpty() && hooks.isEmpty()) {
      return Optional.empty();
    }
    List<String> inOthersChains = new ArrayList<>(hooks);
    remove.forEach(chain -> inOthersChains.addAll(deletionsOfJumpsTo(chain, observed)));
    String payload = payload(write, remove, inOthersChains);
    return Optional.of(
        new PendingTransaction(
            new Transaction(IptablesTools.of(family), Transaction.Stage.CHAINS, payload, false),
            () -> {
              has.putAll(write);
              has.keySet().removeAll(remove);
              if (base) {
                HOOKS.forEach(hook -> observed.hooked(hook, HOOK_RULES.get(hook)));
              }
            }));
  }

  /** Keeps the base chains, emptied, when the last isolated pod is deleted. */
  private static void keepBase(
      Map<String, List<String>> has, Map<String, List<String>> write, Set<String> remove) {
    if (remove.remove(Names.FORWARD) && !has.get(Names.FORWARD).isEmpty()) {
      write.put(Names.FORWARD, List.of());
    }
  }

  private static List<String> hooks(ObservedState observed) {
    List<String> lines = new ArrayList<>();
    for (String hook : HOOKS) {
      String rule = HOOK_RULES.get(hook);
      Jumps jumps = observed.jumps(hook);
      if (!jumps.first() || !jumps.rules().equals(List.of(rule))) {
        jumps.rules().forEach(old -> lines.add("-D " + hook + " " + old));
        lines.add("-I " + hook + " 1 " + rule);
      }
    }
    return lines;
  }

  /** Returns the commands that delete jumps from chains of others to a chain of the agent. */
  private static List<String> deletionsOfJumpsTo(String chain, ObservedState observed) {
    List<String> deletions = new ArrayList<>();
    observed
        .orphanJumps()
        .forEach(
            (from, rules) ->
                rules.stream()
                    .filter(rule -> new SavedRule(from, rule).target().equals(chain))
                    .forEach(rule -> deletions.add("-D " + from + " " + rule)));
    return deletions;
  }

  private static boolean isJump(SavedRule rule) {
    return rule.target().equals(Names.FORWARD);
  }

  /** Returns what a table has of the agent. */
  static ReadChains read(SavedTable saved) {
    Map<String, List<String>> chains = new HashMap<>();
    saved.chains().stream()
        .filter(Names::isOurs)
        .forEach(chain -> chains.put(chain, new ArrayList<>()));
    Map<String, List<SavedRule>> hooks = new HashMap<>();
    Map<String, List<String>> orphanJumps = new HashMap<>();
    for (SavedRule rule : saved.rules()) {
      String chain = rule.chain();
      if (Names.isOurs(chain)) {
        chains
            .computeIfAbsent(chain, c -> new ArrayList<>())
            .add(RuleWriter.asWritten(rule.text()));
        continue;
      }
      if (HOOKS.contains(chain)) {
        hooks.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule);
      }
      if (Names.isOurs(rule.target())) {
        orphanJumps.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule.text());
      }
    }
    Map<String, Jumps> jumps = new HashMap<>();
    hooks.forEach(
        (hook, rules) -> {
          List<String> ours =
              rules.stream().filter(FilterTableDiff::isJump).map(SavedRule::text).toList();
          jumps.put(hook, new Jumps(isJump(rules.get(0)), ours));
        });
    return new ReadChains(chains, jumps, orphanJumps);
  }

  private static String payload(
      Map<String, List<String>> write, Set<String> remove, List<String> inOthersChains) {
    StringBuilder text = new StringBuilder("*filter\n");
    write.keySet().forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
    remove.forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
    write.forEach(
        (chain, rules) ->
            rules.forEach(
                rule -> text.append("-A ").append(chain).append(' ').append(rule).append('\n')));
    inOthersChains.forEach(line -> text.append(line).append('\n'));
    remove.forEach(chain -> text.append("-X ").append(chain).append('\n'));
    return text.append("COMMIT\n").toString();
  }
}
