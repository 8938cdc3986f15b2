package io.netpol.iptables;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Collects what sets lack and what they have too much: additions go in before rules, the rest
 * after.
 */
final class SetDifference {

  private final Map<String, Set<String>> has;
  private final List<String> additions = new ArrayList<>();
  private final List<String> removals = new ArrayList<>();
  private final List<Runnable> added = new ArrayList<>();
  private final List<Runnable> removed = new ArrayList<>();

  SetDifference(Present present) {
    this.has = present.sets();
  }

  /** The set must hold just these entries. */
  void compare(IpSet set, Collection<String> wanted) {
    Set<String> present = has.get(set.name());
    if (present == null) {
      additions.add("create " + set.name() + " " + set.header());
      added.add(() -> has.put(set.name(), new HashSet<>()));
    } else {
      Set<String> surplus = new TreeSet<>(present);
      surplus.removeAll(Set.copyOf(wanted));
      surplus.forEach(entry -> remove(set, entry));
    }
    for (String entry : new TreeSet<>(wanted)) {
      if (present == null || !present.contains(entry)) {
        add(set, entry);
      }
    }
  }

  /** Of a set that is there, this one entry must be in it, or not. */
  void compare(IpSet set, String entry, boolean wanted) {
    boolean present = has.get(set.name()).contains(entry);
    if (wanted && !present) {
      add(set, entry);
    } else if (!wanted && present) {
      remove(set, entry);
    }
  }

  private void add(IpSet set, String entry) {
    additions.add("add " + set.name() + " " + entry);
    added.add(() -> has.get(set.name()).add(entry));
  }

  private void remove(IpSet set, String entry) {
    removals.add("del " + set.name() + " " + entry);
    removed.add(() -> has.get(set.name()).remove(entry));
  }

  /** What must be there before the rules are; everything where no rules follow. */
  Optional<Delivery> before(boolean rulesFollow) {
    if (rulesFollow) {
      return delivery(additions, added);
    }
    List<String> lines = new ArrayList<>(additions);
    lines.addAll(removals);
    List<Runnable> effects = new ArrayList<>(added);
    effects.addAll(removed);
    return delivery(lines, effects);
  }

  /** What may go only when the rules are in; nothing where no rules follow. */
  Optional<Delivery> after(boolean rulesFollow) {
    return rulesFollow ? delivery(removals, removed) : Optional.empty();
  }

  private static Optional<Delivery> delivery(List<String> lines, List<Runnable> effects) {
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    String payload = String.join("\n", lines) + "\n";
    return Optional.of(new Delivery(Tool.IPSET, payload, () -> effects.forEach(Runnable::run)));
  }
}
