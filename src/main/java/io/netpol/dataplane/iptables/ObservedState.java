package io.netpol.dataplane.iptables;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.dataplane.render.Names;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Holds what the kernel has of the agent's in one address family, as read from {@code
 * iptables-save} and {@code ipset save} and updated by each confirmed transaction. It stores
 * nothing of other programs, except jumps to chains of the agent.
 */
final class ObservedState {

  /** The kernel's chains whose first rule must be a jump of the agent. */
  static final List<String> HOOKS = List.of("FORWARD", "OUTPUT");

  /**
   * Holds the agent's jumps in one of the kernel's chains.
   *
   * @param first whether the first rule of the chain is one of them
   * @param rules the jumps, without {@code -A CHAIN}
   */
  record Jumps(boolean first, List<String> rules) {
    static final Jumps NONE = new Jumps(false, List.of());
  }

  /** Tells how much is known of the kernel's state. */
  private enum Known {
    /** Nothing is known: it was never read, or a transaction failed. */
    NO,
    /** Assumed to be as last written, until it is read again. */
    ASSUMED,
    /**
     * Assumed to be as last written, because it could not be read again. Only idempotent changes
     * are written then: members of sets, and whole chains.
     */
    UNREADABLE,
    YES
  }

  private final Family family;
  private Map<String, List<String>> chains = new HashMap<>();
  private Map<String, Jumps> jumps = new HashMap<>();

  /** The rules of other chains that lead to chains of the agent, other than the jumps above. */
  private Map<String, List<String>> orphanJumps = new HashMap<>();

  private Map<String, ObservedSet> sets = new HashMap<>();
  private Known table = Known.NO;
  private Known members = Known.NO;

  /** The number of listings that showed changes which no request names. */
  private int observations = 1;

  private int reconciled;
  private boolean uncertain = true;
  private boolean verifying;
  private final RepairBreaker breaker = new RepairBreaker();

  /** Makes an unknown state, which must be read first. */
  ObservedState(Family family) {
    this.family = family;
  }

  /** Makes the state of a kernel that has nothing of the agent. */
  static ObservedState empty(Family family) {
    ObservedState present = new ObservedState(family);
    present.table = Known.YES;
    present.members = Known.YES;
    present.uncertain = false;
    return present;
  }

  /** Returns the tools whose listings must be read. */
  Set<KernelTool> unread() {
    Set<KernelTool> unread = new TreeSet<>();
    if (members == Known.NO || members == Known.ASSUMED) {
      unread.add(IptablesTools.IPSET);
    }
    if (table == Known.NO || table == Known.ASSUMED) {
      unread.add(IptablesTools.of(family));
    }
    return unread;
  }

  /**
   * Records that a listing cannot be read.
   *
   * @return whether the state is assumed to be as last written
   */
  boolean couldNotRead(KernelTool tool) {
    if (tool.equals(IptablesTools.IPSET)) {
      members = members == Known.NO ? Known.NO : Known.UNREADABLE;
      return members != Known.NO;
    }
    if (tool.equals(IptablesTools.of(family))) {
      verifying = false; // a later listing is not one right after a write
      table = table == Known.NO ? Known.NO : Known.UNREADABLE;
      return table != Known.NO;
    }
    return true;
  }

  /** Records that the state of the kernel is unknown, because a transaction failed. */
  void forget() {
    table = Known.NO;
    members = Known.NO;
  }

  /** Requires new listings; a difference from the last known state is then drift. */
  void recheck(boolean theSets, boolean theTable) {
    table = theTable && table != Known.NO ? Known.ASSUMED : table;
    members = theSets && members != Known.NO ? Known.ASSUMED : members;
  }

  /**
   * Updates the table from the output of {@code iptables-save} or {@code ip6tables-save}.
   *
   * @return what others changed since the state was last known
   * @throws UnreadableListing if the listing is incomplete or cannot be parsed; the state is then
   *     unchanged
   */
  List<Drift> readTable(String saved) {
    SavedTable read = SavedTable.filter(IptablesTools.of(family), saved);
    Map<String, List<String>> chainsRead = new HashMap<>();
    read.chains().stream()
        .filter(Names::isOurs)
        .forEach(chain -> chainsRead.put(chain, new ArrayList<>()));
    Map<String, List<SavedRule>> hooks = new HashMap<>();
    Map<String, List<String>> orphanChains = new HashMap<>();
    for (SavedRule rule : read.rules()) {
      String chain = rule.chain();
      if (Names.isOurs(chain)) {
        chainsRead
            .computeIfAbsent(chain, c -> new ArrayList<>())
            .add(RuleWriter.asWritten(rule.text()));
        continue;
      }
      if (HOOKS.contains(chain)) {
        hooks.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule);
      }
      if (Names.isOurs(rule.target())) {
        orphanChains.computeIfAbsent(chain, c -> new ArrayList<>()).add(rule.text());
      }
    }
    Map<String, Jumps> jumpsRead = new HashMap<>();
    hooks.forEach(
        (hook, rules) -> {
          List<String> ours =
              rules.stream().filter(ObservedState::isJump).map(SavedRule::text).toList();
          jumpsRead.put(hook, new Jumps(isJump(rules.get(0)), ours));
        });
    breaker.countAsWritten(chainsRead, jumpsRead);
    List<Drift> drift = new ArrayList<>();
    if (table != Known.NO) {
      chainDrift(chainsRead, drift);
      jumpDrift(jumpsRead, drift);
      breaker.read(differences(chainsRead, jumpsRead), verifying);
    }
    verifying = false;
    if (table == Known.NO || !drift.isEmpty() || !orphanChains.equals(orphanJumps)) {
      observations++;
    }
    chains = chainsRead;
    jumps = jumpsRead;
    breaker.countAsWritten(chains, jumps);
    orphanJumps = orphanChains;
    table = Known.YES;
    return drift;
  }

  private static boolean isJump(SavedRule rule) {
    return rule.target().equals(Names.FORWARD);
  }

  /** Returns the chains and jumps that have as many rules as were written, with other texts. */
  private Map<String, RepairBreaker.Difference> differences(
      Map<String, List<String>> chainsRead, Map<String, Jumps> jumpsRead) {
    Map<String, RepairBreaker.Difference> differences = new HashMap<>();
    chains.forEach((name, left) -> compare(name, left, chainsRead.get(name), differences));
    jumps.forEach(
        (hook, left) -> {
          Jumps found = jumpsRead.getOrDefault(hook, Jumps.NONE);
          if (left.first() && found.first()) {
            compare(hook, left.rules(), found.rules(), differences);
          }
        });
    return differences;
  }

  private static void compare(
      String name,
      List<String> left,
      List<String> found,
      Map<String, RepairBreaker.Difference> differences) {
    if (found != null && left.size() == found.size() && !left.equals(found)) {
      differences.put(name, new RepairBreaker.Difference(List.copyOf(left), List.copyOf(found)));
    }
  }

  /**
   * Returns whether the table must be read again right after it was written, because it may be
   * printed otherwise than it is written.
   */
  boolean mustVerify() {
    if (table == Known.YES && !breaker.suspects().isEmpty()) {
      table = Known.ASSUMED;
      verifying = true;
    }
    return verifying;
  }

  /**
   * Returns the repairs that were stopped, by chain or hook: their printed form counts as written.
   */
  Map<String, RepairBreaker.Difference> stoppedRepairs() {
    return breaker.stopped();
  }

  private void chainDrift(Map<String, List<String>> read, List<Drift> drift) {
    Set<String> names = new TreeSet<>(chains.keySet());
    names.addAll(read.keySet());
    for (String name : names) {
      List<String> left = chains.get(name);
      List<String> found = read.get(name);
      if (left == null) {
        drift.add(new Drift(Drift.What.CHAIN, name, "another program made it"));
      } else if (found == null) {
        drift.add(new Drift(Drift.What.CHAIN, name, "it is gone"));
      } else if (!left.equals(found)) {
        drift.add(
            new Drift(
                Drift.What.CHAIN,
                name,
                found.size() + " rules, not the " + left.size() + " that were written"));
      }
    }
  }

  private void jumpDrift(Map<String, Jumps> read, List<Drift> drift) {
    for (String hook : HOOKS) {
      Jumps left = jumps.getOrDefault(hook, Jumps.NONE);
      Jumps found = read.getOrDefault(hook, Jumps.NONE);
      if (left.rules().isEmpty() || left.equals(found)) {
        continue;
      }
      String how;
      if (found.rules().isEmpty()) {
        how = "our jump is gone";
      } else if (!found.first()) {
        how = "our jump is not the first rule";
      } else {
        how = found.rules().size() + " jumps, not the one that was written";
      }
      drift.add(new Drift(Drift.What.JUMP, hook, how));
    }
  }

  /**
   * Updates the sets of the family.
   *
   * @return what others changed since the state was last known
   */
  List<Drift> readSets(Map<String, ObservedSet> read) {
    List<Drift> drift = new ArrayList<>();
    if (members == Known.NO) {
      uncertain = true;
    } else {
      setDrift(read, drift);
    }
    observations++;
    sets = new HashMap<>(read);
    members = Known.YES;
    return drift;
  }

  /** Returns whether the sets are known, if only as they were last written. */
  boolean knowsSets() {
    return members == Known.YES || members == Known.ASSUMED;
  }

  /** Returns whether the sets are assumed, and only have to be compared with the kernel's. */
  boolean assumesSets() {
    return members == Known.ASSUMED;
  }

  /** Records that the kernel has exactly the assumed sets. */
  void confirmSets() {
    members = Known.YES;
  }

  /**
   * Returns whether everything must be compared: after the first listing, after a failure, or after
   * a change of others.
   */
  boolean needsFullDiff() {
    return reconciled < observations;
  }

  /**
   * Returns whether all members of sets must be compared, because the sets were unknown before the
   * last listing.
   */
  boolean isUncertain() {
    return uncertain;
  }

  /** Returns the number of listings that showed changes which no request names. */
  int observations() {
    return observations;
  }

  /**
   * Records that the changes of listings up to this number are repaired.
   *
   * @param until the value of {@link #observations()} when the plan was made
   */
  void reconciled(int until) {
    reconciled = Math.max(reconciled, until);
    uncertain &= reconciled < observations;
  }

  private void setDrift(Map<String, ObservedSet> read, List<Drift> drift) {
    Set<String> names = new TreeSet<>(sets.keySet());
    names.addAll(read.keySet());
    for (String name : names) {
      ObservedSet left = sets.get(name);
      ObservedSet found = read.get(name);
      if (left == null) {
        drift.add(new Drift(Drift.What.SET, name, "another program made it"));
      } else if (found == null) {
        drift.add(new Drift(Drift.What.SET, name, "it is gone"));
      } else if (!left.entries().equals(found.entries())) {
        Set<String> lost = new HashSet<>(left.entries());
        lost.removeAll(found.entries());
        int foreign = found.entries().size() - left.entries().size() + lost.size();
        drift.add(
            new Drift(
                Drift.What.SET,
                name,
                lost.size() + " entries are gone, " + foreign + " are foreign"));
      }
    }
  }

  /**
   * Returns the agent's chains with their rules; mutable, for updates by confirmed transactions.
   */
  Map<String, List<String>> chains() {
    return chains;
  }

  /** Returns the agent's jumps in one of {@link #HOOKS}. */
  Jumps jumps(String hook) {
    return jumps.getOrDefault(hook, Jumps.NONE);
  }

  /**
   * Returns the commands {@code -D CHAIN rule} that delete jumps from other chains to a chain of
   * the agent.
   */
  List<String> deletionsOfJumpsTo(String chain) {
    List<String> deletions = new ArrayList<>();
    orphanJumps.forEach(
        (from, rules) ->
            rules.stream()
                .filter(rule -> new SavedRule(from, rule).target().equals(chain))
                .forEach(rule -> deletions.add("-D " + from + " " + rule)));
    return deletions;
  }

  /** Records that the hook has exactly this jump of the agent, in first position. */
  void hooked(String hook, String rule) {
    jumps.put(hook, new Jumps(true, List.of(rule)));
  }

  /**
   * Returns the agent's sets of the family by name; mutable, for updates by confirmed transactions.
   */
  Map<String, ObservedSet> sets() {
    return sets;
  }

  /**
   * Returns transactions that destroy the sets that are not desired and that no rule matches. All
   * desired sets must exist.
   */
  List<PendingTransaction> unused(Set<String> wanted) {
    if (sets.size() == wanted.size()) {
      return List.of(); // nearly always
    }
    Set<String> unused = new TreeSet<>(sets.keySet());
    unused.removeAll(wanted);
    for (List<String> rules : chains.values()) {
      rules.forEach(rule -> List.of(rule.split(" ")).forEach(unused::remove));
    }
    return unused.stream()
        .map(
            set ->
                new PendingTransaction(
                    new Transaction(
                        IptablesTools.IPSET,
                        Transaction.Stage.GARBAGE,
                        "destroy " + set + "\n",
                        true),
                    () -> sets.remove(set)))
        .toList();
  }
}
