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
 * What the kernel has of ours for one address family, as read from {@code iptables-save} and {@code
 * ipset save} and kept up to date with what was delivered since. Of anybody else's rules it keeps
 * nothing.
 */
final class ObservedState {

  /** The chains of the kernel that must jump to ours first. */
  static final List<String> HOOKS = List.of("FORWARD", "OUTPUT");

  /**
   * Our jumps in one of the kernel's chains.
   *
   * @param first whether the first rule of the chain is one of them
   * @param rules their text, without {@code -A CHAIN}
   */
  record Jumps(boolean first, List<String> rules) {
    static final Jumps NONE = new Jumps(false, List.of());
  }

  /** How much is known of what the kernel holds. */
  private enum Known {
    /** Nothing, or nothing since a delivery failed. */
    NO,
    /** What was delivered, until it is read again. */
    ASSUMED,
    /**
     * What was delivered: when it was to be read again it could not be. So nothing is concluded,
     * and what is written is what would be right twice: members of sets, and all rules of a chain.
     */
    UNREADABLE,
    YES
  }

  private final Family family;
  private Map<String, List<String>> chains = new HashMap<>();
  private Map<String, Jumps> jumps = new HashMap<>();

  /** The rules of others' chains that lead to chains of ours, other than the jumps above. */
  private Map<String, List<String>> orphanJumps = new HashMap<>();

  private Map<String, ObservedSet> sets = new HashMap<>();
  private Known table = Known.NO;
  private Known members = Known.NO;

  /** How often something was read that nothing that is due tells of. */
  private int observations = 1;

  private int reconciled;
  private boolean uncertain = true;
  private boolean verifying;
  private final RepairBreaker breaker = new RepairBreaker();

  /** Not known until read. */
  ObservedState(Family family) {
    this.family = family;
  }

  /** Nothing of ours is in the kernel. */
  static ObservedState empty(Family family) {
    ObservedState present = new ObservedState(family);
    present.table = Known.YES;
    present.members = Known.YES;
    present.uncertain = false;
    return present;
  }

  /** Returns what still must be read. */
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
   * Returns a tool's listing cannot be read.
   *
   * @return whether it can be done without for now, as what was delivered is known
   */
  boolean couldNotRead(KernelTool tool) {
    if (tool.equals(IptablesTools.IPSET)) {
      members = members == Known.NO ? Known.NO : Known.UNREADABLE;
      return members != Known.NO;
    }
    if (tool.equals(IptablesTools.of(family))) {
      verifying = false; // what is read later is not what was just written
      table = table == Known.NO ? Known.NO : Known.UNREADABLE;
      return table != Known.NO;
    }
    return true;
  }

  /** A delivery failed, and so nobody knows what the kernel has now. */
  void forget() {
    table = Known.NO;
    members = Known.NO;
  }

  /** Makes sure: what is read again and is not as it was left is drift. */
  void recheck(boolean theSets, boolean theTable) {
    table = theTable && table != Known.NO ? Known.ASSUMED : table;
    members = theSets && members != Known.NO ? Known.ASSUMED : members;
  }

  /**
   * Takes the output of {@code iptables-save} or {@code ip6tables-save} in.
   *
   * @return what somebody else changed since it was known last
   * @throws UnreadableListing if it is not complete or not understood; nothing is taken in then
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

  /**
   * Returns the chains and jumps that are printed otherwise than they were written, rule for rule.
   */
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
   * Returns whether the table must be read right after it was written, as it may be printed
   * otherwise than it is written.
   */
  boolean mustVerify() {
    if (table == Known.YES && !breaker.suspects().isEmpty()) {
      table = Known.ASSUMED;
      verifying = true;
    }
    return verifying;
  }

  /**
   * Returns the repairs that are given up, by chain or hook: what the kernel prints counts as
   * written.
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
        drift.add(new Drift(Drift.What.CHAIN, name, "somebody else made it"));
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
   * Takes the family's sets in.
   *
   * @return what somebody else changed since they were known last
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

  /**
   * Returns whether its sets are assumed to be known, and only have to be held against the
   * kernel's.
   */
  boolean assumesSets() {
    return members == Known.ASSUMED;
  }

  /** The kernel has the sets just as it was assumed. */
  void confirmSets() {
    members = Known.YES;
  }

  /**
   * Returns whether anything may differ from what was left: what was read for the first time, after
   * a failure, or was changed by others.
   */
  boolean needsFullDiff() {
    return reconciled < observations;
  }

  /**
   * Returns whether members of sets may have come or gone unseen, as the sets were not known before
   * they were read: only comparing all of them tells.
   */
  boolean isUncertain() {
    return uncertain;
  }

  /** Returns how often something was read that nothing that is due tells of. */
  int observations() {
    return observations;
  }

  /**
   * What was read until then is dealt with.
   *
   * @param until the {@link #observations()} when it was looked at
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
        drift.add(new Drift(Drift.What.SET, name, "somebody else made it"));
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
                lost.size() + " entries are gone, " + foreign + " are not ours"));
      }
    }
  }

  /** Our chains with their rules; may be changed by who delivered a change. */
  Map<String, List<String>> chains() {
    return chains;
  }

  /** Our jumps in one of {@link #HOOKS}. */
  Jumps jumps(String hook) {
    return jumps.getOrDefault(hook, Jumps.NONE);
  }

  /**
   * Returns the rules of others' chains that lead to one of ours, complete with {@code -D CHAIN}.
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

  /** Notes that a hook's only jump of ours is now this one, in first place. */
  void hooked(String hook, String rule) {
    jumps.put(hook, new Jumps(true, List.of(rule)));
  }

  /** Our sets of the family by name; may be changed by who delivered a change. */
  Map<String, ObservedSet> sets() {
    return sets;
  }

  /**
   * Returns what destroys the sets that are not among those wanted, of which all are there, and
   * that no rule matches against.
   */
  List<PendingTransaction> unused(Set<String> wanted) {
    if (sets.size() == wanted.size()) {
      return List.of(); // as nearly always
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
