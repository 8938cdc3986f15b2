package io.netpol.dataplane.ipset;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.reconcile.SetDiff;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Writes the differences of sets as {@code ipset restore} reads them. A set that outgrows its
 * capacity is swapped for a larger one atomically.
 */
public final class IpSetWriter implements SetDiff.Writer {

  /** The tool that manages sets. */
  public static final KernelTool TOOL =
      new KernelTool("ipset", 0, Set.of(Family.values()), Set.of(Stage.SETS, Stage.GARBAGE), true);

  /** The tool that lists the sets without their entries. */
  public static final KernelTool SUMMARY =
      new KernelTool("ipset-summary", 0, Set.of(Family.values()), Set.of(), true);

  /** Excludes a block from a set (ipset(8), nomatch). */
  private static final String NOMATCH = " nomatch";

  @Override
  public KernelTool tool() {
    return TOOL;
  }

  @Override
  public int capacity(int entries) {
    return IpSetHeader.capacity(entries);
  }

  /** Returns the ipset of a set. */
  public static KernelSet set(AddressSet set) {
    List<String> entries =
        Stream.concat(
                set.blocks().stream().map(Cidr::shortText),
                set.except().stream().map(block -> block.shortText() + NOMATCH))
            .distinct()
            .sorted()
            .toList();
    return KernelSet.of(set, entries);
  }

  @Override
  public boolean add(
      StringBuilder lines,
      KernelSet set,
      ObservedSet before,
      List<String> added,
      Map<String, ObservedSet> has) {
    ObservedSet present = before;
    boolean destroys = false;
    if (present != null && !set.isLike(present)) {
      // Another program made it: if no rule uses it, it can be destroyed.
      line(lines, "destroy", set.name());
      destroys = true;
      present = null;
    }
    if (present == null) {
      line(lines, "create", set.name(), IpSetHeader.of(set, added.size()));
    } else if (present.entries().size() + added.size() > present.maxEntries()) {
      grow(lines, set, present, added, has);
      return true;
    }
    added.forEach(entry -> line(lines, "add", set.name(), entry));
    return destroys;
  }

  private static void grow(
      StringBuilder lines,
      KernelSet set,
      ObservedSet present,
      List<String> added,
      Map<String, ObservedSet> has) {
    String next = set.name() + SetDiff.NEXT;
    if (has.containsKey(next)) {
      line(lines, "destroy", next);
    }
    Set<String> all = new TreeSet<>(present.entries());
    all.addAll(added);
    line(lines, "create", next, IpSetHeader.of(set, all.size()));
    all.forEach(entry -> line(lines, "add", next, entry));
    line(lines, "swap", set.name(), next);
    line(lines, "destroy", next);
  }

  @Override
  public void remove(StringBuilder lines, KernelSet set, Collection<String> removed) {
    removed.forEach(entry -> line(lines, "del", set.name(), entry));
  }

  private static void line(StringBuilder lines, String... words) {
    for (String word : words) {
      lines.append(word).append(' ');
    }
    lines.setCharAt(lines.length() - 1, '\n');
  }
}
