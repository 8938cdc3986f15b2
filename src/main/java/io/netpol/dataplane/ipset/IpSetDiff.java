package io.netpol.dataplane.ipset;

import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.Transaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Collects the differences of sets: additions are written before rules, deletions after. A set that
 * outgrows its capacity is swapped for a larger one atomically.
 */
public final class IpSetDiff {

  /** The name of the set in which a larger one is filled before the swap. */
  public static final String NEXT = "-n";

  /** Collects the difference of one set. */
  private static final class Change {
    final IpSet set;
    final Map<String, ObservedSet> has;

    /** The added entries, without duplicates, in the order in which they are written. */
    final List<String> added = new ArrayList<>();

    final Set<String> removed = new TreeSet<>();
    final Set<String> replaced = new HashSet<>();

    Change(IpSet set, Map<String, ObservedSet> has) {
      this.set = set;
      this.has = has;
    }

    ObservedSet present() {
      return has.get(set.name());
    }

    /** Returns whether the set itself or an entry must be written before the rules. */
    boolean adds() {
      return present() == null || !set.isLike(present()) || !added.isEmpty();
    }

    /** Keeps only the flag of an element that is present with another flag. */
    void replaceFlags() {
      if (removed.isEmpty()) {
        return;
      }
      Set<String> elements = new HashSet<>();
      added.forEach(entry -> elements.add(element(entry)));
      removed.stream().filter(entry -> elements.contains(element(entry))).forEach(replaced::add);
      removed.removeAll(replaced);
    }

    void writeAdditions(Lines lines) {
      ObservedSet present = present();
      if (present != null && !set.isLike(present)) {
        // Another program made it: if no rule uses it, it can be destroyed.
        lines.add("destroy", set.name());
        present = null;
      }
      if (present == null) {
        lines.add("create", set.name(), set.header(added.size()));
        added.forEach(entry -> lines.add("add", set.name(), entry));
      } else if (present.entries().size() + added.size() > present.maxEntries()) {
        grow(present, lines);
      } else {
        added.forEach(entry -> lines.add("add", set.name(), entry));
      }
    }

    private void grow(ObservedSet present, Lines lines) {
      String next = set.name() + NEXT;
      if (has.containsKey(next)) {
        lines.add("destroy", next);
      }
      Set<String> all = new TreeSet<>(present.entries());
      all.addAll(added);
      lines.add("create", next, set.header(all.size()));
      all.forEach(entry -> lines.add("add", next, entry));
      lines.add("swap", set.name(), next);
      lines.add("destroy", next);
    }

    void noteAdditions() {
      ObservedSet before = present();
      boolean kept = before != null && set.isLike(before);
      Set<String> stay = kept ? before.entries() : Set.of();
      int entries = stay.size() + added.size();
      if (kept && entries > before.maxEntries()) {
        has.remove(set.name() + NEXT);
        kept = false;
      }
      if (!kept) {
        has.put(set.name(), ObservedSet.of(set.header(entries)));
        present().entries().addAll(stay);
      }
      present().entries().addAll(added);
      present().entries().removeAll(replaced);
    }
  }

  /** Collects the lines of a payload; there may be tens of thousands. */
  private static final class Lines {
    final StringBuilder text = new StringBuilder();

    /** Whether the payload swaps or destroys sets, which the kernel refuses while it lists them. */
    boolean destroys;

    void add(String... words) {
      destroys |= words[0].equals("destroy") || words[0].equals("swap");
      for (String word : words) {
        text.append(word).append(' ');
      }
      text.setCharAt(text.length() - 1, '\n');
    }
  }

  private final Map<String, Change> changes = new TreeMap<>();

  /** Returns an entry without its flags, which {@code del} does not accept. */
  private static String element(String entry) {
    int end = entry.indexOf(' ');
    return end < 0 ? entry : entry.substring(0, end);
  }

  /** Requires that the set has exactly these entries, given without duplicates. */
  public void compare(IpSet set, Map<String, ObservedSet> has, Collection<String> wanted) {
    ObservedSet present = has.get(set.name());
    if (present != null && set.isLike(present) && present.hasExactly(wanted)) {
      return;
    }
    Change change = new Change(set, has);
    change.added.addAll(wanted);
    if (present != null && set.isLike(present)) {
      change.added.removeAll(present.entries());
      change.removed.addAll(present.entries());
      change.removed.removeAll(Set.copyOf(wanted));
      change.replaceFlags();
    }
    changes.put(set.name(), change);
  }

  /** Requires that an existing set has, or lacks, one entry; at most one call for each entry. */
  public void compare(IpSet set, Map<String, ObservedSet> has, String entry, boolean wanted) {
    boolean present = has.get(set.name()).entries().contains(entry);
    if (wanted != present) {
      Change change = changes.computeIfAbsent(set.name(), name -> new Change(set, has));
      (wanted ? change.added : change.removed).add(entry);
    }
  }

  /** Returns the sets that lose entries. */
  public Set<IpSet> shrinking() {
    Set<IpSet> shrinking = new HashSet<>();
    for (Change change : changes.values()) {
      if (!change.removed.isEmpty()) {
        shrinking.add(change.set);
      }
    }
    return shrinking;
  }

  /** Returns the transaction to run before the rules; all changes if no rules follow. */
  public Optional<PendingTransaction> before(boolean rulesFollow) {
    Lines lines = new Lines();
    for (Change change : changes.values()) {
      if (change.adds()) {
        change.writeAdditions(lines);
      }
    }
    if (!rulesFollow) {
      writeRemovals(lines);
    }
    return delivery(
        lines,
        () -> {
          for (Change change : changes.values()) {
            if (change.adds()) {
              change.noteAdditions();
            }
          }
          if (!rulesFollow) {
            noteRemovals();
          }
        });
  }

  /** Returns the transaction to run after the rules; empty if no rules follow. */
  public Optional<PendingTransaction> after(boolean rulesFollow) {
    Lines lines = new Lines();
    if (rulesFollow) {
      writeRemovals(lines);
    }
    return delivery(lines, this::noteRemovals);
  }

  private void writeRemovals(Lines lines) {
    for (Change change : changes.values()) {
      change.removed.forEach(entry -> lines.add("del", change.set.name(), element(entry)));
    }
  }

  private void noteRemovals() {
    for (Change change : changes.values()) {
      change.present().entries().removeAll(change.removed);
    }
  }

  private static Optional<PendingTransaction> delivery(Lines lines, Runnable effect) {
    return lines.text.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new PendingTransaction(
                new Transaction(
                    IpSet.TOOL, Transaction.Stage.SETS, lines.text.toString(), lines.destroys),
                effect));
  }
}
