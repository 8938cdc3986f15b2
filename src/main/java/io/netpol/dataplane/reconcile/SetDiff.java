package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.KernelTool;
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
import java.util.function.IntUnaryOperator;

/**
 * Collects the differences of sets: additions are written before rules, deletions after, unless all
 * is one transaction.
 */
public final class SetDiff {

  /** Writes the differences of sets in the language of a tool. */
  public interface Writer {

    /** Returns the tool that reads the payload. */
    KernelTool tool();

    /** Returns whether the tool executes all of a plan at once, so that deletions can go first. */
    default boolean isAtomic() {
      return false;
    }

    /** Returns the capacity of a set that is made with this number of entries. */
    int capacity(int entries);

    /**
     * Writes what a set lacks.
     *
     * @param set the set that must exist
     * @param present what the kernel has under its name; null if it has nothing
     * @param added entries that it lacks, without duplicates, in the order to write
     * @param has all sets that the kernel has, by name
     * @return whether the kernel refuses the payload while the tool lists
     */
    boolean add(
        StringBuilder lines,
        KernelSet set,
        ObservedSet present,
        List<String> added,
        Map<String, ObservedSet> has);

    /** Writes the deletion of entries from a set, without their flags. */
    void remove(StringBuilder lines, KernelSet set, Collection<String> removed);
  }

  /** The end of the name of the set in which a larger one is filled before it is renamed. */
  public static final String NEXT = "-n";

  /** Collects the difference of one set. */
  private static final class Change {
    final KernelSet set;
    final Map<String, ObservedSet> has;

    /** The added entries, without duplicates, in the order in which they are written. */
    final List<String> added = new ArrayList<>();

    final Set<String> removed = new TreeSet<>();
    final Set<String> replaced = new HashSet<>();

    Change(KernelSet set, Map<String, ObservedSet> has) {
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

    void noteAdditions(IntUnaryOperator capacity) {
      ObservedSet before = present();
      boolean kept = before != null && set.isLike(before);
      Set<String> stay = kept ? before.entries() : Set.of();
      int entries = stay.size() + added.size();
      if (kept && entries > before.maxEntries()) {
        has.remove(set.name() + NEXT);
        kept = false;
      }
      if (!kept) {
        has.put(
            set.name(),
            ObservedSet.empty(Optional.of(set.kind()), set.family(), capacity.applyAsInt(entries)));
        present().entries().addAll(stay);
      }
      present().entries().addAll(added);
      present().entries().removeAll(replaced);
    }
  }

  private final Writer writer;
  private final Map<String, Change> changes = new TreeMap<>();

  /** Makes a difference without any change. */
  public SetDiff(Writer writer) {
    this.writer = writer;
  }

  /** Returns an entry without its flags, which {@code del} does not accept. */
  private static String element(String entry) {
    int end = entry.indexOf(' ');
    return end < 0 ? entry : entry.substring(0, end);
  }

  /** Requires that the set has exactly these entries, given without duplicates. */
  public void compare(KernelSet set, Map<String, ObservedSet> has, Collection<String> wanted) {
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
      if (!writer.isAtomic()) {
        change.replaceFlags();
      }
    }
    changes.put(set.name(), change);
  }

  /** Requires that an existing set has, or lacks, one entry; at most one call for each entry. */
  public void compare(KernelSet set, Map<String, ObservedSet> has, String entry, boolean wanted) {
    boolean present = has.get(set.name()).entries().contains(entry);
    if (wanted != present) {
      Change change = changes.computeIfAbsent(set.name(), name -> new Change(set, has));
      (wanted ? change.added : change.removed).add(entry);
    }
  }

  /** Returns the sets that lose entries. */
  public Set<KernelSet> shrinking() {
    Set<KernelSet> shrinking = new HashSet<>();
    for (Change change : changes.values()) {
      if (!change.removed.isEmpty()) {
        shrinking.add(change.set);
      }
    }
    return shrinking;
  }

  /** Returns the transaction to run before the rules; all changes if no rules follow. */
  public Optional<PendingTransaction> before(boolean rulesFollow) {
    StringBuilder lines = new StringBuilder();
    boolean blocked = false;
    if (writer.isAtomic()) {
      writeRemovals(lines); // a block may overlap those that are added
    }
    for (Change change : changes.values()) {
      if (change.adds()) {
        blocked |= writer.add(lines, change.set, change.present(), change.added, change.has);
      }
    }
    if (!rulesFollow && !writer.isAtomic()) {
      writeRemovals(lines);
    }
    return transaction(
        lines,
        blocked,
        () -> {
          if (writer.isAtomic()) {
            noteRemovals();
          }
          for (Change change : changes.values()) {
            if (change.adds()) {
              change.noteAdditions(writer::capacity);
            }
          }
          if (!rulesFollow && !writer.isAtomic()) {
            noteRemovals();
          }
        });
  }

  /** Returns the transaction to run after the rules; empty if no rules follow. */
  public Optional<PendingTransaction> after(boolean rulesFollow) {
    StringBuilder lines = new StringBuilder();
    if (rulesFollow && !writer.isAtomic()) {
      writeRemovals(lines);
    }
    return transaction(lines, false, this::noteRemovals);
  }

  private void writeRemovals(StringBuilder lines) {
    for (Change change : changes.values()) {
      if (!change.removed.isEmpty()) {
        writer.remove(lines, change.set, change.removed.stream().map(SetDiff::element).toList());
      }
    }
  }

  private void noteRemovals() {
    for (Change change : changes.values()) {
      if (!change.removed.isEmpty()) { // else the set may not exist yet
        change.present().entries().removeAll(change.removed);
      }
    }
  }

  private Optional<PendingTransaction> transaction(
      StringBuilder lines, boolean blocked, Runnable effect) {
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new PendingTransaction(
                new Transaction(writer.tool(), Transaction.Stage.SETS, lines.toString(), blocked),
                effect));
  }
}
