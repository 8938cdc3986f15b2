package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Holds what the kernel has of the agent's in one address family, as a back-end has read it, and
 * updated by each confirmed transaction. It stores nothing of other programs, except jumps to
 * chains of the agent.
 */
public final class ObservedState {

  /**
   * Holds the agent's jumps in a chain of the kernel's whose first rule they must be.
   *
   * @param first whether the first rule of the chain is one of them
   * @param rules the jumps, without {@code -A CHAIN}
   */
  public record Jumps(boolean first, List<String> rules) {
    static final Jumps NONE = new Jumps(false, List.of());
  }

  /**
   * Holds what a listing has of the agent's chains.
   *
   * @param chains the agent's chains with their rules, by name; mutable
   * @param jumps the agent's jumps in chains of the kernel, by chain
   * @param orphanJumps the rules of other chains that lead to chains of the agent, other than these
   *     jumps
   */
  public record ReadChains(
      Map<String, List<String>> chains,
      Map<String, Jumps> jumps,
      Map<String, List<String>> orphanJumps) {}

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

  private final FamilyBackend backend;
  private final boolean usesSets;
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

  /**
   * Makes an unknown state, which must be read first.
   *
   * @param usesSets whether any rule can match a set
   */
  public ObservedState(FamilyBackend backend, boolean usesSets) {
    this.backend = backend;
    this.usesSets = usesSets;
  }

  /** Makes the state of a kernel that has nothing of the agent. */
  public static ObservedState empty(FamilyBackend backend, boolean usesSets) {
    ObservedState present = new ObservedState(backend, usesSets);
    present.table = Known.YES;
    present.members = Known.YES;
    present.uncertain = false;
    return present;
  }

  /** Returns the tools whose listings must be read. */
  Set<KernelTool> unread() {
    Set<KernelTool> unread = new TreeSet<>();
    if (usesSets && (members == Known.NO || members == Known.ASSUMED)) {
      unread.add(backend.setsTool());
    }
    if (table == Known.NO || table == Known.ASSUMED) {
      unread.add(backend.chainsTool());
    }
    return unread;
  }

  /**
   * Records that a listing cannot be read.
   *
   * @return whether the state is assumed to be as last written
   */
  boolean couldNotRead(KernelTool tool) {
    boolean known = true;
    if (usesSets && tool.equals(backend.setsTool())) {
      members = members == Known.NO ? Known.NO : Known.UNREADABLE;
      known = members != Known.NO;
    }
    if (tool.equals(backend.chainsTool())) {
      verifying = false; // a later listing is not one right after a write
      table = table == Known.NO ? Known.NO : Known.UNREADABLE;
      known &= table != Known.NO;
    }
    return known;
  }

  /** Records that the state of the kernel is unknown, because a transaction failed. */
  void forget() {
    table = Known.NO;
    members = Known.NO;
  }

  /** Requires new listings; a difference from the last known state is then drift. */
  void recheck(Set<KernelTool> tools) {
    boolean theTable = tools.contains(backend.chainsTool());
    boolean theSets = usesSets && tools.contains(backend.setsTool());
    table = theTable && table != Known.NO ? Known.ASSUMED : table;
    members = theSets && members != Known.NO ? Known.ASSUMED : members;
  }

  /**
   * Updates the chains.
   *
   * @return what others changed since the state was last known
   */
  public List<Drift> readChains(ReadChains read) {
    Map<String, List<String>> chainsRead = read.chains();
    Map<String, Jumps> jumpsRead = new HashMap<>(read.jumps());
    breaker.countAsWritten(chainsRead, jumpsRead);
    List<Drift> drift = new ArrayList<>();
    if (table != Known.NO) {
      chainDrift(chainsRead, drift);
      jumpDrift(jumpsRead, drift);
      breaker.read(differences(chainsRead, jumpsRead), verifying);
    }
    verifying = false;
    if (table == Known.NO || !drift.isEmpty() || !read.orphanJumps().equals(orphanJumps)) {
      observations++;
    }
    chains = chainsRead;
    jumps = jumpsRead;
    breaker.countAsWritten(chains, jumps);
    orphanJumps = read.orphanJumps();
    table = Known.YES;
    return drift;
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
    for (String hook : new TreeSet<>(jumps.keySet())) {
      Jumps left = jumps.get(hook);
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
  public List<Drift> readSets(Map<String, ObservedSet> read) {
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
  public boolean knowsSets() {
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

  /** Returns the words of a rule; the names of sets are among them. */
  static List<String> words(String rule) {
    return List.of(rule.split("[ @]+"));
  }

  /**
   * Returns the agent's chains with their rules; mutable, for updates by confirmed transactions.
   */
  public Map<String, List<String>> chains() {
    return chains;
  }

  /** Returns those of the desired chains that the kernel lacks, or has with other rules. */
  public SortedMap<String, List<String>> differing(Map<String, List<String>> desired) {
    SortedMap<String, List<String>> differing = new TreeMap<>();
    desired.forEach(
        (chain, rules) -> {
          if (!rules.equals(chains.get(chain))) {
            differing.put(chain, rules);
          }
        });
    return differing;
  }

  /** Returns those of the chains that the kernel has, in order; mutable. */
  public Set<String> existing(Set<String> names) {
    Set<String> existing = new TreeSet<>(names);
    existing.retainAll(chains.keySet());
    return existing;
  }

  /** Returns the agent's jumps in a chain of the kernel. */
  public Jumps jumps(String hook) {
    return jumps.getOrDefault(hook, Jumps.NONE);
  }

  /**
   * Returns the rules of other chains that lead to chains of the agent, other than the jumps above.
   */
  public Map<String, List<String>> orphanJumps() {
    return orphanJumps;
  }

  /** Records that the hook has exactly this jump of the agent, in first position. */
  public void hooked(String hook, String rule) {
    jumps.put(hook, new Jumps(true, List.of(rule)));
  }

  /**
   * Returns the agent's sets of the family by name; mutable, for updates by confirmed transactions.
   */
  public Map<String, ObservedSet> sets() {
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
      rules.forEach(rule -> unused.removeAll(words(rule)));
    }
    return unused.stream()
        .map(
            set ->
                new PendingTransaction(
                    new Transaction(
                        backend.setsTool(),
                        Transaction.Stage.GARBAGE,
                        backend.destruction(set),
                        backend.setsTool().listingBlocks()),
                    () -> sets.remove(set)))
        .toList();
  }
}
